import { generate } from 'selfsigned';

/** A private key and its certificate, both in PEM form, as `tls.createServer` takes them. */
export interface ServerIdentity {
  key: string;
  cert: string;
}

/** Creates a key and a self-signed certificate for `localhost` and `127.0.0.1`. It is never written to disk. */
export async function createCertificate(): Promise<ServerIdentity> {
  const pems = await generate([{ name: 'commonName', value: 'localhost' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    extensions: [
      { name: 'basicConstraints', cA: true },
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: 'localhost' },
          { type: 7, ip: '127.0.0.1' },
        ],
      },
    ],
  });
  return { key: pems.private, cert: pems.cert };
}
