import type { MonoNs } from '../../src/core/time.ts'
import type { Integrity } from '../gnss/integrity.ts'
import type { UbxMessage } from './protocol.ts'

/** Hands on what a message says about the trust that its receiver deserves. */
export function noteIntegrity(integrity: Integrity, message: UbxMessage, at: MonoNs): void {
  switch (message.type) {
    case 'navigation-status':
      integrity.noteSpoofing('NAV-STATUS', message.spoofing, at)
      break
    case 'signal-security':
      integrity.noteSpoofing('SEC-SIG', message.spoofing, at)
      integrity.noteJamming('SEC-SIG', message.jamming, at)
      break
    case 'front-end':
      integrity.noteJamming(message.message, Math.max(...message.blocks.map(({ jamming }) => jamming)), at)
      for (const { block, gain, continuousWave } of message.blocks) {
        integrity.noteFrontEnd(block, gain, continuousWave, at)
      }
      break
    case 'signals':
      integrity.noteSignals(message.cn0DbHz, at)
      break
    case 'navigation-solution':
      // With a fixed position it is not found out but given.
      if (message.fixOk && message.fixType === '3D') integrity.notePosition(message.position, at)
      break
    default:
  }
}
