// SPDX-License-Identifier: Apache-2.0
/** `npm run bench -- --tiers`: every kernel row on every instruction set of this CPU, against the same anchors. */
import { describeRow, ratio, show } from './bars.mjs';
import { plansFolder, runKernelsBench } from './kernel_rows.mjs';
import { median } from './stats.mjs';
import { printTable } from './table.mjs';

/** Rows that name their instruction set are in the main table already. */
const namesTier = (id) => id.startsWith('fwht/');

/**
 * @param {string[]} isas instruction sets, slowest first
 * @returns {Promise<{ id: string, what: string, kind: string, measured: Record<string, number> }[]>} a ratio for each
 */
export async function measureTiers(program, root, options, isas, note) {
  const rows = new Map();
  for (const isa of isas) {
    await runKernelsBench(program, plansFolder(root), { ...options, isa }, ({ id, ours, anchor }) => {
      if (namesTier(id)) return;
      const { what, kind } = describeRow(id);
      const row = rows.get(id) ?? { id, what, kind, measured: {} };
      row.measured[isa] = ratio(kind, median(ours), median(anchor));
      rows.set(id, row);
      note(`${id}, ${isa}`);
    });
  }
  return [...rows.values()];
}

export function printTiers(rows, isas) {
  console.log('\nevery instruction set, the same rows:\n');
  printTable([
    ['what', ...isas],
    ...rows.map(({ what, kind, measured }) => [what, ...isas.map((isa) => show(kind, measured[isa]))]),
  ]);
}
