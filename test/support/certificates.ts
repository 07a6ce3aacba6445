// Certificates of an authority of the test's own, by openssl.
import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export const HAS_OPENSSL = spawnSync('openssl', ['version'], { stdio: 'ignore' }).error === undefined

export interface Authority {
  /** File with the authority's certificate, PEM. */
  readonly ca: string
  /** For 127.0.0.1, signed by the authority: key and certificate in files of their own, and both in one. */
  readonly key: string
  readonly cert: string
  readonly both: string
}

/** Makes both in the folder; `name` tells authorities apart. */
export function authority(folder: string, name: string): Authority {
  const file = (what: string): string => join(folder, `${name}-${what}.pem`)
  const [ca, caKey, key, request, cert, both] = [file('ca'), file('ca-key'), file('key'), file('request'), file('cert'), file('both')]
  const openssl = (...args: readonly string[]): void => void execFileSync('openssl', args, { stdio: 'ignore' })
  openssl('req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', `/CN=authority ${name}`, '-keyout', caKey, '-out', ca)
  openssl('req', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=127.0.0.1', '-keyout', key, '-out', request)
  const extensions = file('extensions')
  writeFileSync(extensions, 'subjectAltName=IP:127.0.0.1,DNS:localhost\n')
  openssl('x509', '-req', '-in', request, '-CA', ca, '-CAkey', caKey, '-CAcreateserial', '-days', '2', '-extfile', extensions, '-out', cert)
  writeFileSync(both, readFileSync(key, 'utf8') + readFileSync(cert, 'utf8'))
  return { ca, key, cert, both }
}
