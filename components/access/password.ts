/** How long a password may be, so that a form can say so before the server does (lib/contracts/auth has the last word). */
export const PASSWORD = { min: 10, max: 128 } as const;
