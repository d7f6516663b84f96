/** A line of a shell block that does something, and what it says it prints. */
export interface ShellCommand {
  readonly text: string;
  /** The comment on the lines right below, without `# `. */
  readonly claim: string | undefined;
}

/** Reads the commands of a shell block. A comment behind a command is prose, one right below it is what it prints. */
export function shellCommandsOf(code: string): ShellCommand[] {
  const lines = code.replaceAll(/\\\n\s*/g, '').split('\n');
  return lines.flatMap((line, index) => {
    const text = line.replace(/(^|\s+)#.*$/, '').trim();
    if (text === '') return [];
    const below = lines.slice(index + 1);
    const end = below.findIndex((next) => !next.startsWith('#'));
    const claim = below.slice(0, end === -1 ? undefined : end).map((comment) => comment.replace(/^# ?/, ''));
    return [{ text, claim: claim.length > 0 ? claim.join('\n') : undefined }];
  });
}
