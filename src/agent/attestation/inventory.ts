import { INVENTORY_ITEMS_MAX, type InventoryItem, PARTS } from '../../attestation/inventory.ts'
import type { SourceReport } from '../source-account.ts'
import type { HostParts } from './host-parts.ts'

const NAME_CHARACTERS_MAX = 64
const IDENTITY_CHARACTERS_MAX = 256

/** What this appliance is made of, as its parts describe themselves; in the order and with the limits of the format. */
export function inventoryOf(
  sources: readonly Pick<SourceReport, 'name' | 'kind' | 'status'>[],
  host: HostParts | undefined,
): readonly InventoryItem[] {
  const items = [
    ...sources.map(instrument),
    ...(host?.boards ?? []).flatMap(({ name, maker, model, version, serialNumber, firmware }): InventoryItem[] => {
      const identity = said([maker, model, version].filter(Boolean).join(' '), IDENTITY_CHARACTERS_MAX)
      if (identity === undefined) return []
      const kind = said(model) ?? 'unknown'
      return [{ part: 'board', name, kind, identity, serialNumber: said(serialNumber), firmware: said(firmware) }]
    }),
    ...(host?.cards ?? []).map(({ name, driver, address, firmware }): InventoryItem => {
      return {
        part: 'network-card',
        name: said(name) ?? 'unknown',
        kind: said(driver) ?? 'unknown',
        identity: undefined,
        serialNumber: said(address),
        firmware: said(firmware),
      }
    }),
  ]
  const key = ({ part, name }: InventoryItem): string => `${PARTS.indexOf(part)}${name}`
  const byKey = new Map(items.map((item) => [key(item), item]))
  return [...byKey.entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, item]) => item)
    .slice(0, INVENTORY_ITEMS_MAX)
}

/** `*IDN?` and its like are four words: maker, model, serial number, firmware (IEEE 488.2, 10.14.3). */
function instrument({ name, kind, status }: Pick<SourceReport, 'name' | 'kind' | 'status'>): InventoryItem {
  const identity = status?.identity
  const words = identity?.split(',').map((word) => word.trim()) ?? []
  const [, , serialWord, firmwareWord] = words.length === 4 ? words : []
  const detail = (key: string): string | undefined => {
    const value = status?.details[key]
    return value === undefined ? undefined : String(value)
  }
  return {
    part: 'instrument',
    name,
    kind,
    identity: said(identity, IDENTITY_CHARACTERS_MAX),
    serialNumber: said(detail('serialNumber') ?? detail('serial') ?? serialWord),
    firmware: said(detail('firmware') ?? firmwareWord),
  }
}

/** What the format can hold of a text that somebody else has written; undefined where nothing is left. */
function said(text: string | undefined, charactersMax = NAME_CHARACTERS_MAX): string | undefined {
  const printable = text
    ?.replace(/[^ -~]+/g, ' ')
    .trim()
    .slice(0, charactersMax)
  return printable === undefined || printable === '' || printable === '-' ? undefined : printable
}
