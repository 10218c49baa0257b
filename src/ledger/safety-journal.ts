import { randomUUID } from 'node:crypto'
