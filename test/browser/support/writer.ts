interface Row {
  readonly id: string;
}

/** Someone who writes through the HTTP API, and has no page. */
export class Writer {
  private constructor(
    private readonly url: string,
    private readonly token: string,
    private readonly userId: string,
  ) {}

  static async signIn(url: string, name: string): Promise<Writer> {
    const response = await fetch(`${url}/auth/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ username: name }),
    });
    const { token, user_id: userId } = (await response.json()) as { token: string; user_id: string };
    return new Writer(url, token, userId);
  }

  async join(channelId: string): Promise<void> {
    await this.send('PUT', `/channels/${channelId}/members/${this.userId}`);
  }

  async post(channelId: string, content: string): Promise<string> {
    const response = await this.send('POST', `/channels/${channelId}/messages`, { content });
    return ((await response.json()) as Row).id;
  }

  async edit(id: string, content: string): Promise<void> {
    await this.send('PATCH', `/messages/${id}`, { content });
  }

  async delete(id: string): Promise<void> {
    await this.send('DELETE', `/messages/${id}`);
  }

  private async send(method: string, path: string, body?: object): Promise<Response> {
    const response = await fetch(this.url + path, {
      method,
      headers: { authorization: `Bearer ${this.token}`, 'content-type': 'application/json' },
      body: body && JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status}`);
    return response;
  }
}
