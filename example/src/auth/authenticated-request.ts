/** The part of an HTTP request that authentication reads and sets. */
export interface AuthenticatedRequest {
  readonly headers: { readonly authorization?: string };
  userId?: string;
}
