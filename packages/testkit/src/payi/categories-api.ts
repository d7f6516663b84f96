import { type JsonObject, parseJsonObject } from '../json.ts';
import type { ServerResponse } from '../listen.ts';
import { sendPage } from './page.ts';
import type { Prices, Resource, UnitPrices } from './pricing.ts';
import { sendJson } from './proxy-call.ts';
import { notAllowed, ProxyError } from './proxy-error.ts';
import type { ReceivedRequest } from './proxy-received-request.ts';

const categoriesPath =
  /^\/api\/v1\/categories(?:\/([^/?]+)(?:\/(resources)(?:\/([^/?]+)(?:\/([^/?]+))?)?)?)?(?:\?|$)/;

/** The part of Pay-i's REST API for categories, which are providers, and resources, which are models with their prices. */
export class CategoriesApi {
  readonly #prices: Prices;

  constructor(prices: Prices) {
    this.#prices = prices;
  }

  /** @returns Whether the path belongs to this API. */
  serves({ path }: ReceivedRequest): boolean {
    return categoriesPath.test(path);
  }

  /** Answers a request with a valid key. @throws {@link ProxyError} with one of the codes that Pay-i documents. */
  answer({ method, path, body }: ReceivedRequest, response: ServerResponse): void {
    const [, ...segments] = categoriesPath.exec(path) ?? [];
    const [category = '', resources, resource = '', id = ''] = segments.map((segment) =>
      segment === undefined ? undefined : decodeURIComponent(segment),
    );
    const named = [category && 'category', resources, resource && 'resource', id && 'id'].filter(Boolean);
    const { searchParams } = new URL(path, 'http://localhost');
    const isWanted = ({ active }: Resource): boolean => searchParams.get('Active') !== 'true' || active;
    switch (`${method} ${named.join(' ')}`) {
      case 'GET ':
        sendPage(
          response,
          this.#prices.categories.map((name) => ({ category: name })),
          searchParams,
        );
        return;
      case 'GET category resources':
        sendPage(response, this.#resources(category).filter(isWanted), searchParams);
        return;
      case 'GET category resources resource':
        sendPage(response, this.#versions(category, resource).filter(isWanted), searchParams);
        return;
      case 'GET category resources resource id':
        sendJson(response, 200, this.#version(category, resource, id));
        return;
      case 'POST category resources resource':
        this.#checkOwn(category);
        sendJson(response, 201, this.#prices.add({ category, resource, ...pricesOf(parseJsonObject(body)) }));
        return;
      case 'DELETE category':
        this.#delete(response, this.#resources(category));
        return;
      case 'DELETE category resources resource':
        this.#delete(response, this.#versions(category, resource));
        return;
      case 'DELETE category resources resource id': {
        const version = this.#version(category, resource, id);
        this.#delete(response, [version], version);
        return;
      }
      default:
        response.setHeader('allow', 'DELETE, GET, POST');
        throw notAllowed(method);
    }
  }

  #resources(category: string): Resource[] {
    if (!this.#prices.categories.includes(category)) {
      throw new ProxyError(404, 'category_not_found', `There is no category ${category}.`);
    }
    return this.#prices.resources(category);
  }

  #versions(category: string, resource: string): Resource[] {
    this.#resources(category);
    const versions = this.#prices.versions(category, resource);
    if (versions.length > 0) return versions;
    const message = `The category ${category} has no resource ${resource}.`;
    throw new ProxyError(404, 'category_resource_not_found', message);
  }

  #version(category: string, resource: string, id: string): Resource {
    const found = this.#versions(category, resource).find(({ resource_id }) => resource_id === id);
    if (found !== undefined) return found;
    throw new ProxyError(404, 'category_resource_not_found', `${resource} has no version ${id}.`);
  }

  #delete(response: ServerResponse, versions: readonly Resource[], answer: object = versions): void {
    for (const { category } of versions) this.#checkOwn(category);
    this.#prices.delete(versions);
    sendJson(response, 200, answer);
  }

  #checkOwn(category: string): void {
    if (!this.#prices.isListed(category)) return;
    throw new ProxyError(403, 'request_processing_error', `The prices of ${category} are Pay-i's own.`);
  }
}

function pricesOf(
  body: JsonObject | undefined,
): Omit<Resource, 'resource_id' | 'active' | 'proxy_allowed' | 'category' | 'resource'> {
  const { units, start_timestamp, max_input_units, max_output_units, max_total_units } = body ?? {};
  const start = start_timestamp === undefined ? Date.now() : Date.parse(String(start_timestamp));
  const prices = Object.values(Object(units) as Record<string, unknown>).map(Object) as UnitPrices[string][];
  const areNumbers = prices.every(({ input_price = 0, output_price = 0 }) =>
    [input_price, output_price].every((price) => typeof price === 'number' && price >= 0),
  );
  if (prices.length === 0 || !areNumbers || Number.isNaN(start)) {
    const message = 'units must hold prices that are 0 or more, and start_timestamp must be a time.';
    throw new ProxyError(400, 'required_field_missing', message);
  }
  const most = { max_input_units, max_output_units, max_total_units };
  return {
    units: units as UnitPrices,
    start_timestamp: new Date(start).toISOString(),
    ...Object.fromEntries(Object.entries(most).filter(([, count]) => typeof count === 'number')),
  };
}
