import {
  type Codec,
  choiceCodec,
  listCodec,
  optionalCodec,
  recordCodec,
  refinedCodec,
  textCodec,
} from '../core/encoding.ts'
import { isAscending, nameCodec } from './record-codecs.ts'

/** What a part of an appliance can be. Its order is part of the format. */
export const PARTS = ['instrument', 'board', 'network-card'] as const

/** One part of an appliance as it describes itself; undefined is what it does not say. No more is proved than that it said so. */
export interface InventoryItem {
  readonly part: (typeof PARTS)[number]
  /** The name of the source, of the network interface, or of the board. */
  readonly name: string
  /** The family of the instrument, the driver of the card, the product of the board. */
  readonly kind: string
  /** As `*IDN?` and its like answer. */
  readonly identity: string | undefined
  readonly serialNumber: string | undefined
  readonly firmware: string | undefined
}

/** Sixteen sources, a board, and more network interfaces than there are slots. */
export const INVENTORY_ITEMS_MAX = 64
const IDENTITY_CHARACTERS_MAX = 256

/** By part and name, each once. */
export const inventoryCodec: Codec<readonly InventoryItem[]> = refinedCodec(
  listCodec(
    recordCodec<InventoryItem>({
      part: choiceCodec(PARTS),
      name: nameCodec,
      kind: nameCodec,
      identity: optionalCodec(textCodec(IDENTITY_CHARACTERS_MAX)),
      serialNumber: optionalCodec(nameCodec),
      firmware: optionalCodec(nameCodec),
    }),
    INVENTORY_ITEMS_MAX,
  ),
  (items) =>
    isAscending(items.map(({ part, name }) => `${PARTS.indexOf(part)}${name}`))
      ? undefined
      : 'parts sorted by kind of part and name, each once',
)
