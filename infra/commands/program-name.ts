/** How a person calls the command in a clone: `chainmend` alone works where npm has linked it. */
export const PROGRAM = 'npm run chainmend --';
