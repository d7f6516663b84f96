import type { Annotations, Receipt, Route } from '@payi/core';
import type { Finding } from './finding.ts';

/**
 * What `payi-doctor --json` prints, as one JSON object. Members are added in minor releases; none is taken away or
 * given another meaning but in a major one. Holds no key, token or signature.
 */
export interface DoctorReport {
  /** Version of payi-doctor. */
  readonly doctor: string;
  /** Of the Node.js that runs it, e.g. `v24.21.0`. */
  readonly node: string;
  readonly settings: SettingsReport;
  /** The packages of Pay-i and of the providers that are installed where the doctor runs. */
  readonly packages: readonly PackageReport[];
  /** Absent with `--offline`, and where there is no base URL to ask. */
  readonly connection?: ConnectionReport;
  /** Absent without a module, and when no client was found in it. */
  readonly client?: ClientReport;
  readonly dryRun?: DryRunReport;
  /** The limits that the dry run was annotated with, those of `defaults`, and those of `--limit`. */
  readonly limits: readonly LimitReport[];
  /** The use cases that the dry run was annotated with, that of `defaults`, and those of `--use-case`. */
  readonly useCases: readonly UseCaseReport[];
  /** Errors first, then warnings, then what is well. */
  readonly findings: readonly Finding[];
  /** Whether there is a finding of level `error`. */
  readonly healthy: boolean;
}

/** What the environment says, or the module in its place. */
export interface SettingsReport {
  readonly apiKey: {
    /** `client`: given to `createPayi({ apiKey })` by the module. */
    readonly source: 'PAYI_API_KEY' | 'ASCERTA_API_KEY' | 'client' | 'none';
  };
  readonly baseUrl: {
    readonly value: string;
    readonly source: 'PAYI_BASE_URL' | 'ASCERTA_BASE_URL' | 'client' | 'default';
  };
  /** Names of the proxy variables that are set, e.g. `HTTPS_PROXY`. */
  readonly proxyVariables: readonly string[];
}

/** An installed package. */
export interface PackageReport {
  readonly name: string;
  readonly version: string;
  /** Its path, or if that is shorter, its path relative to the directory that was examined. */
  readonly directory: string;
  /** Whether the peer ranges of Pay-i's packages beside it allow this version. Absent if none of them names the package. */
  readonly supported?: boolean;
}

/** How far a request to Pay-i's base URL came. Times are whole milliseconds. */
export interface ConnectionReport {
  readonly url: string;
  readonly addresses?: readonly string[];
  readonly lookupMs?: number;
  readonly connectMs?: number;
  readonly tlsMs?: number;
  /** Of `GET /api/v1/limits?limit=1`, which reads and records nothing; or of a limit that is not there, where there are no lists. */
  readonly status?: number;
  readonly answerMs?: number;
}

/** The client that the module exports. */
export interface ClientReport {
  /** Of the module: `default`, or a name. */
  readonly exportName: string;
  readonly provider: 'bedrock' | 'openai' | 'anthropic';
  /** Name of the client's class, e.g. `BedrockRuntimeClient`. */
  readonly className: string;
  /** Where the client sends calls by itself. */
  readonly endpoint?: string;
  /** Absent when the client has no Pay-i. */
  readonly route?: Route;
  /** The Pay-i that the client was given. */
  readonly payiBaseUrl?: string;
  /** Annotations of every call of the client, given to `createPayi({ defaults })`. */
  readonly defaults?: Annotations;
  /** Bedrock only. */
  readonly operations?: {
    readonly registered: readonly string[];
    /** Metered by Pay-i, and not registered. */
    readonly unregistered: readonly string[];
  };
  /** Bedrock only. In the order in which a call passes them. */
  readonly middleware?: readonly MiddlewareReport[];
  /** Bedrock only. */
  readonly requestHandler?: { readonly name: string; readonly protocol: string };
}

/** One middleware of an AWS client. */
export interface MiddlewareReport {
  readonly name: string;
  /** E.g. `build`; the SDK's own name of the place. */
  readonly step: string;
  readonly owner: 'payi' | 'sdk' | 'application';
  /** Headers added by what comes before the signer are signed; those by what comes after are not. */
  readonly isSigner: boolean;
}

/** A call of the client that was answered on this machine. */
export interface DryRunReport {
  /** E.g. `Converse`, `chat.completions.create`. */
  readonly operation: string;
  readonly model: string;
  /** What the call was annotated with, the client's defaults left out. */
  readonly annotations: Annotations;
  /** Whether {@link annotations} are the doctor's own, for want of others. */
  readonly isExample: boolean;
  /** As it would have gone out. Absent when the call was refused before. */
  readonly request?: DryRunRequest;
  /** What the local backend saw. */
  readonly arrived?: DryRunArrival;
  /** The receipt that the call left. What it cost is what the local backend made up. */
  readonly receipt?: Receipt;
  /** What the caller would have caught. */
  readonly error?: { readonly name: string; readonly message: string; readonly code?: string };
}

/** A request as the client made it, with its address, credentials masked. */
export interface DryRunRequest {
  readonly method: string;
  readonly url: string;
  /** Names as the client wrote them. Credentials, keys and signatures are `…`. */
  readonly headers: Readonly<Record<string, string>>;
  /** Lower-case names, from the AWS signature; empty for a request that is not signed. */
  readonly signedHeaders: readonly string[];
  readonly bodyBytes: number;
}

/** The same request as it was received on this machine. */
export interface DryRunArrival {
  /** Who got the request first: Pay-i on route `proxy`, else the provider, or a gateway in its place. */
  readonly at: 'pay-i' | 'provider';
  /** Names of the `xProxy-*` headers, lower-case. */
  readonly payiHeaders: readonly string[];
  /** What they say; on route `direct`, what was reported. */
  readonly annotations: Annotations;
  /** How the provider found the AWS signature. `none`: the request has no signature. */
  readonly signature: 'valid' | 'invalid' | 'unchecked' | 'none';
  /** Why a signature is invalid. */
  readonly signatureProblem?: string;
  /** Names of the `xProxy-*` headers that reached the provider itself. */
  readonly payiHeadersAtProvider: readonly string[];
}

/** A use case that a call names. */
export interface UseCaseReport {
  readonly name: string;
  /** Whether Pay-i has it. Absent when it was not asked, or did not say; the findings say why. */
  readonly exists?: boolean;
}

/** A limit that a call names. */
export interface LimitReport {
  readonly id: string;
  /** What Pay-i says of it. Absent when it was not asked, or did not know; the findings say why. */
  readonly live?: {
    readonly name?: string;
    readonly type?: string;
    /** In US dollars. */
    readonly max?: number;
    /** In US dollars. */
    readonly spent?: number;
    /** The part of `max` from which the limit counts as exceeded. */
    readonly threshold?: number;
  };
}
