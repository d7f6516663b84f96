/**
 * Loaded before each block: leads calls of the Gemini API to the local server for it. Not every framework has an option or a
 * variable for the address.
 */
const { fetch } = globalThis;
const local = process.env.GOOGLE_GEMINI_BASE_URL ?? '';

globalThis.fetch = (input, init) => {
  const url = input instanceof Request ? input.url : String(input);
  const here = url.replace('https://generativelanguage.googleapis.com', local);
  return here === url
    ? fetch(input, init)
    : fetch(input instanceof Request ? new Request(here, input) : here, init);
};
