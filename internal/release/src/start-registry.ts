import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Manifest } from './published-packages.ts';

/** One version of one package, as it was sent to be published. */
export interface Publication {
  readonly manifest: Manifest;
  /** What `npm install` without a version is to give from then on. */
  readonly distTags: Readonly<Record<string, string>>;
  readonly access: string;
  /** The attestation of where it was built, if there was one. */
  readonly hasProvenance: boolean;
  readonly tarball: Buffer;
}

/** An npm registry on this machine that knows only what was published to it. */
export interface RunningRegistry {
  readonly url: string;
  /** Method and path of every request so far, queries included. */
  readonly requests: readonly string[];
  readonly publications: readonly Publication[];
  close(): Promise<void>;
}

/** What npm's client sends to publish. */
interface PublishDocument {
  readonly name: string;
  readonly 'dist-tags': Readonly<Record<string, string>>;
  readonly versions: Readonly<Record<string, Manifest>>;
  readonly access: string;
  readonly _attachments: Readonly<Record<string, { readonly data: string }>>;
}

/**
 * Starts a registry that answers what publishing asks. It is the other side of npm's trusted publishing too: the service
 * of GitHub Actions that says which workflow is running, and the exchange of its word for a token.
 *
 * What it says of the workflow is signed by nobody, so that no provenance can come of it.
 */
export async function startRegistry(): Promise<RunningRegistry> {
  const requests: string[] = [];
  const documents = new Map<string, PublishDocument>();
  const publications: Publication[] = [];
  const server = createServer((request, response) => {
    void answer(request, response);
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = decodeURIComponent(request.url ?? '');
    requests.push(`${request.method} ${url}`);
    let body = '';
    for await (const piece of request.setEncoding('utf8')) body += piece;
    const reply = (status: number, content: object): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(content));
    };
    const name = url.slice(1);
    if (request.method === 'PUT') {
      const document = JSON.parse(body) as PublishDocument;
      documents.set(name, document);
      publications.push(publicationOf(document));
      return reply(201, { ok: true, success: true });
    }
    if (name.startsWith('github/id-token')) return reply(200, { value: unsignedIdentity });
    if (name.startsWith('-/npm/v1/oidc/token/exchange/')) return reply(201, { token: 'exchanged' });
    if (name.endsWith('/visibility')) return reply(200, { public: true });
    const document = documents.get(name);
    if (document !== undefined) return reply(200, document);
    return reply(404, { error: 'not_found' });
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    requests,
    publications,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function publicationOf(document: PublishDocument): Publication {
  const [manifest] = Object.values(document.versions);
  const attachments = Object.entries(document._attachments);
  const [, tarball] = attachments.find(([file]) => file.endsWith('.tgz')) ?? [];
  if (manifest === undefined || tarball === undefined)
    throw new Error(`${document.name} came without a version`);
  return {
    manifest,
    distTags: document['dist-tags'],
    access: document.access,
    hasProvenance: attachments.some(([file]) => file.endsWith('.sigstore')),
    tarball: Buffer.from(tarball.data, 'base64'),
  };
}

const base64 = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const unsignedIdentity = [base64({ alg: 'none' }), base64({ repository_visibility: 'public' }), ''].join('.');
