// Where a bundle is fetched from: a real HTTPS server on 127.0.0.1, which can break off, take no ranges, or have nothing.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

export class BundleServer {
  /** Range of each request, or "all". */
  readonly asked: string[] = [];
  /** The next answer ends behind so many bytes; once. */
  breaksOffAt: number | undefined;
  takesRanges = true;
  status: number | undefined;
  readonly sha256: string;
  readonly #server: Server;

  private constructor(content: Buffer, key: Buffer, cert: Buffer) {
    this.sha256 = createHash('sha256').update(content).digest('hex');
    this.#server = createServer({ key, cert }, ({ headers: { range } }, response) => {
      this.asked.push(range ?? 'all');
      if (this.status !== undefined) return void response.writeHead(this.status).end('nothing');
      const from = this.takesRanges ? Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0) : 0;
      if (from >= content.length) return void response.writeHead(416).end();
      const rest = content.subarray(from);
      response.writeHead(range !== undefined && this.takesRanges ? 206 : 200, {
        'content-length': rest.length,
        ...(range !== undefined &&
          this.takesRanges && { 'content-range': `bytes ${from}-${content.length - 1}/${content.length}` }),
      });
      const end = this.breaksOffAt;
      this.breaksOffAt = undefined;
      if (end === undefined) return void response.end(rest);
      response.write(rest.subarray(0, end), () => response.destroy());
    });
  }

  /** @param folder where its certificate is kept */
  static async start(content: Buffer, folder: string): Promise<BundleServer> {
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    const made = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
    const named = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'];
    execFileSync('openssl', [...made, ...named, '-keyout', key, '-out', cert], { stdio: 'pipe' });
    const server = new BundleServer(content, readFileSync(key), readFileSync(cert));
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve));
    return server;
  }

  get url(): string {
    return `https://127.0.0.1:${(this.#server.address() as AddressInfo).port}/blocks.tar.gz`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
