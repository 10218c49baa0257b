import { enableCompileCache } from 'node:module'

// Stripping types and compiling take half of the time to start; what one start has done the next one finds.
enableCompileCache()
const { runProgram } = await import('./program.ts')
await runProgram()
