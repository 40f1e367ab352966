/** Notes fall out when newer ones come; lessons stay. */
const RECENT_NOTES = 5;

export interface Notes {
  lessons: string[];
  recent: string[];
}

/** What agents write down, by namespace. A namespace that is new begins with the starter notes. */
export function createMemory(starter: (namespace: string) => string[]) {
  const spaces = new Map<string, Notes>();
  const listeners = new Set<(namespace: string, lesson: string) => void>();
  function open(namespace: string): Notes {
    const known = spaces.get(namespace) ?? { lessons: [], recent: starter(namespace).slice(-RECENT_NOTES) };
    spaces.set(namespace, known);
    return known;
  }
  return {
    read: open,
    note(namespace: string, text: string) {
      const notes = open(namespace);
      notes.recent = [...notes.recent, text].slice(-RECENT_NOTES);
    },
    learn(namespace: string, lesson: string) {
      const notes = open(namespace);
      if (notes.lessons.includes(lesson)) return;
      notes.lessons.push(lesson);
      for (const heard of listeners) heard(namespace, lesson);
    },
    /** Hears every new lesson. Returns how to stop. */
    onLesson(heard: (namespace: string, lesson: string) => void) {
      listeners.add(heard);
      return () => void listeners.delete(heard);
    },
    forget(namespace: string, lesson: string) {
      const notes = open(namespace);
      notes.lessons = notes.lessons.filter((l) => l !== lesson);
    },
    namespaces: () => [...spaces.keys()],
  };
}
export type Memory = ReturnType<typeof createMemory>;
