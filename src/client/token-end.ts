/**
 * When a JWT ends, in milliseconds since 1970, by its `exp`; `Infinity` when it does not say. Nothing is verified: that
 * is the server's.
 */
export function tokenEnd(jwt: string): number {
  try {
    const payload = jwt.split('.')[1]!.replace(/-/g, '+').replace(/_/g, '/');
    const { exp } = JSON.parse(atob(payload)) as { exp?: unknown };
    return typeof exp === 'number' ? exp * 1_000 : Infinity;
  } catch {
    return Infinity;
  }
}
