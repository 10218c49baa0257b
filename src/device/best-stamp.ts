import type { Stamp } from '../core/stamp.ts'
import { type PhcNs, phcNs, realtimeNs } from '../core/time.ts'
import type { ReadMessage } from '../linux/message-reader.ts'
import type { ClockBridge } from './clock-bridge.ts'

/** From the clocks that stamps are taken on to the local oscillator. */
export interface StampBridges {
  readonly software: ClockBridge
  /** Undefined where the kernel stamps alone. */
  readonly hardware: ClockBridge<PhcNs> | undefined
}

/**
 * The card's stamp, else the kernel's, else none. Its error is that of the conversion: the card and the kernel take
 * their stamps inside the flight, after a packet was handed over and before it is delivered. The bridges are to have been
 * refreshed since the message was read.
 */
export function bestStamp(
  { software, hardware }: StampBridges,
  { softwareNs, hardwareNs, controlCut }: ReadMessage,
  lose: (code: string) => void,
): Stamp | undefined {
  if (controlCut) {
    lose('stamp.cut')
    return undefined
  }
  if (hardware !== undefined && hardwareNs !== undefined) {
    const placed = hardware.place(phcNs(hardwareNs))
    if (placed.ok) return { at: placed.value.monoNs, errorNs: placed.value.uncertaintyNs, kind: 'hardware' }
    lose(placed.fault.code)
  }
  if (softwareNs === undefined) {
    lose('stamp.none')
    return undefined
  }
  const placed = software.place(realtimeNs(softwareNs))
  if (placed.ok) return { at: placed.value.monoNs, errorNs: placed.value.uncertaintyNs, kind: 'kernel' }
  lose(placed.fault.code)
  return undefined
}
