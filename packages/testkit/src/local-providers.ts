/** A local provider that runs in this process. */
export interface LocalProvider {
  /** The names of the hosts that it stands for. */
  readonly hosts: RegExp;
  readonly url: string;
  /** In PEM form, if the server uses TLS. */
  readonly certificate?: string;
}

const running: LocalProvider[] = [];

/** Makes a provider known to each local Pay-i of this process. @returns A function that takes it back. */
export function announceProvider(provider: LocalProvider): () => void {
  running.unshift(provider);
  return () => {
    const index = running.indexOf(provider);
    if (index >= 0) running.splice(index, 1);
  };
}

/** @returns The provider for a host that was started last. */
export function findLocalProvider(hostname: string): LocalProvider | undefined {
  return running.find(({ hosts }) => hosts.test(hostname));
}
