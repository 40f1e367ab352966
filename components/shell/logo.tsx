/** A cell and its watchful ring. */
export const Logo = ({ className }: { className?: string }) => (
  <svg viewBox="0 0 24 24" fill="none" className={className} aria-hidden>
    <path d="M12 2.5a9.5 9.5 0 1 0 9.5 9.5" stroke="currentColor" strokeWidth="2.25" strokeLinecap="round" />
    <circle cx="12" cy="12" r="4.25" fill="currentColor" />
    <circle cx="19.2" cy="4.8" r="2.3" fill="currentColor" />
  </svg>
);
