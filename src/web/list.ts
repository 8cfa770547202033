// A list of any length, read a page at a time by cursor and kept while the reader goes to and fro between its rows.
import { useSyncExternalStore } from 'react';
import { ask, asProblem, type Problem } from './server.js';

export interface Page<T> {
  items: T[];
  next_cursor: string | null;
}

interface State<T> {
  items: readonly T[];
  /** Undefined before the first page, null after the last. */
  cursor: string | null | undefined;
  busy: boolean;
  problem: Problem | null;
}

class List<T> {
  state: State<T> = { items: [], cursor: undefined, busy: false, problem: null };
  /** The item that the reader opened last: coming back, the list opens there. */
  at: string | null = null;
  /** Whether more of it may have come since it was read. */
  grew = false;
  readonly #path: string;
  readonly #listeners = new Set<() => void>();

  constructor(path: string) {
    this.#path = path;
  }

  /** Reads the next page; does nothing while one is under way or after the last. */
  async more(): Promise<void> {
    const { cursor, busy } = this.state;
    if (busy || cursor === null) return;
    this.#set({ busy: true, problem: null });
    const path = cursor === undefined ? this.#path : `${this.#path}&cursor=${encodeURIComponent(cursor)}`;
    try {
      const page = await ask<Page<T>>(path);
      this.#set({ items: [...this.state.items, ...page.items], cursor: page.next_cursor, busy: false });
    } catch (error) {
      this.#set({ busy: false, problem: asProblem(error) });
    }
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };
  snapshot = (): State<T> => this.state;

  #set(change: Partial<State<T>>): void {
    this.state = { ...this.state, ...change };
    for (const listener of this.#listeners) listener();
  }
}

const KEPT = 6;
const lists = new Map<string, List<never>>();

/** The list of a path (which has a query), kept from before where it was read lately. */
export function listOf<T>(path: string): List<T> {
  const list = (lists.get(path) as List<T> | undefined) ?? new List<T>(path);
  lists.delete(path);
  lists.set(path, list as List<never>);
  for (const old of lists.keys()) if (lists.size > KEPT) lists.delete(old);
  return list;
}

/** Forgets a list, so that it is read from the start. */
export const forget = (path: string): boolean => lists.delete(path);

/** Forgets every list: who comes back from another screen comes for what there is now. */
export const forgetAll = (): void => lists.clear();

/** What is read of a list so far, kept up to date. */
export const useList = <T>(list: List<T>): State<T> => useSyncExternalStore(list.subscribe, list.snapshot);
