/** How many of the newest messages the feed keeps. */
export const FEED_LENGTH = 120;
