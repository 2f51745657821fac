/** The channel that is there from the start; every new user is in it. The same on every node. */
export const LOBBY = { id: '10bb1000-0000-4000-8000-000000000000', name: 'Lobby' } as const;
