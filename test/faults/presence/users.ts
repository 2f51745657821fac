/** Users are numbers here, and never come again under another one. */
export const userOf = (number: number): string => `user ${number}`;

export const numberOf = (userId: string): number => Number(userId.slice('user '.length));
