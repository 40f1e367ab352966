"use client";

import {
  type ColumnDef,
  createSortedRowModel,
  rowSortingFeature,
  type RowData,
  sortFn_alphanumeric,
  sortFn_basic,
  sortFn_datetime,
  sortFn_text,
  tableFeatures,
  useTable,
} from "@tanstack/react-table";
import { ArrowDown, ArrowUp, ChevronsUpDown } from "lucide-react";
import { cn } from "./cn";

const features = tableFeatures({
  rowSortingFeature,
  sortedRowModel: createSortedRowModel(),
  sortFns: { alphanumeric: sortFn_alphanumeric, basic: sortFn_basic, datetime: sortFn_datetime, text: sortFn_text },
});

// oxlint-disable-next-line typescript/no-explicit-any -- a column's value type differs from column to column
export type Columns<Item extends RowData> = ColumnDef<typeof features, Item, any>[];

/**
 * A table whose columns sort by a press on their head. On a phone each row stands by itself, its values one below the other
 * with their columns' names. Keep `columns` outside of the component that renders it.
 */
export function DataTable<Item extends RowData>({
  columns,
  data,
  label,
  rowId,
}: {
  columns: Columns<Item>;
  data: Item[];
  label: string;
  rowId: (item: Item) => string;
}) {
  const table = useTable({ features, columns, data, getRowId: rowId });
  return (
    <div className="relative overflow-x-auto" tabIndex={0} role="region" aria-label={label}>
      <table className="w-full text-sm max-sm:block">
        <thead className="max-sm:hidden">
          {table.getHeaderGroups().map((group) => (
            <tr key={group.id} className="border-b text-left text-xs text-ink-3">
              {group.headers.map((header) => {
                const sorted = header.column.getIsSorted();
                const sortable = header.column.getCanSort();
                const Icon = sorted === "asc" ? ArrowUp : sorted === "desc" ? ArrowDown : ChevronsUpDown;
                return (
                  <th
                    key={header.id}
                    scope="col"
                    aria-sort={sorted === "asc" ? "ascending" : sorted === "desc" ? "descending" : undefined}
                    className="px-3 py-1.5 font-medium whitespace-nowrap first:pl-4 last:pr-4"
                  >
                    {sortable ? (
                      <button
                        type="button"
                        onClick={header.column.getToggleSortingHandler()}
                        className="-mx-1 flex h-6 items-center gap-1 rounded px-1 hover:text-ink"
                      >
                        <table.FlexRender header={header} />
                        <Icon className={cn("size-3", sorted ? "text-accent" : "opacity-50")} aria-hidden />
                      </button>
                    ) : (
                      <table.FlexRender header={header} />
                    )}
                  </th>
                );
              })}
            </tr>
          ))}
        </thead>
        <tbody className="divide-y max-sm:block">
          {table.getRowModel().rows.map((row) => (
            <tr key={row.id} className="align-top hover:bg-hover/50 max-sm:block max-sm:py-2">
              {row.getAllCells().map((cell) => (
                <td
                  key={cell.id}
                  data-column={nameOf(cell.column.columnDef.header)}
                  className="px-3 py-2 first:pl-4 last:pr-4 max-sm:flex max-sm:justify-between max-sm:gap-4 max-sm:px-4 max-sm:py-1 max-sm:before:shrink-0 max-sm:before:text-xs max-sm:before:leading-5 max-sm:before:text-ink-3 max-sm:before:content-[attr(data-column)]"
                >
                  <table.FlexRender cell={cell} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const nameOf = (header: unknown): string | undefined => (typeof header === "string" ? header : undefined);
