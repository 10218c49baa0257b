import { createNobleMlDsa } from './ml-dsa-noble.ts'
import { createOpenSslMlDsa, openSslHasMlDsa } from './ml-dsa-openssl.ts'
import type { MlDsa87 } from './signature.ts'

/** OpenSSL where this runtime has ML-DSA-87 in it, else noble; `name` of the result says which. */
export function selectMlDsa(hasOpenSsl: boolean = openSslHasMlDsa()): MlDsa87 {
  return hasOpenSsl ? createOpenSslMlDsa() : createNobleMlDsa()
}
