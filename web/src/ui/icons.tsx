// Small pictures, drawn here so that none has to be loaded.

const PATHS: Record<string, string> = {
  normal: "M3 8.5l3.2 3.2L13 5",
  busy: "M8 2v3M8 11v3M2 8h3M11 8h3M3.8 3.8l2 2M10.2 10.2l2 2M12.2 3.8l-2 2M5.8 10.2l-2 2",
  edited: "M3 13l.8-3L10.5 3.3a1.2 1.2 0 0 1 1.7 0l.5.5a1.2 1.2 0 0 1 0 1.7L6 12.2z",
  refused: "M4 4l8 8M12 4l-8 8",
  minor: "M8 2.5l6 11H2zM8 6.5v3.5M8 11.7v.3",
  major: "M5.4 2h5.2L14 5.4v5.2L10.6 14H5.4L2 10.6V5.4zM8 5v4M8 11v.3",
  invalid: "M8 1.4l6.6 6.6L8 14.6 1.4 8zM6.6 6.6a1.5 1.5 0 1 1 2 1.5c-.4.1-.6.4-.6.9M8 10.9v.2",
  disconnected: "M6.5 9.5l3-3M5 7L3.6 8.4a2.5 2.5 0 0 0 3.5 3.5L8.5 10.5M7.5 5.5l1.4-1.4a2.5 2.5 0 0 1 3.5 3.5L11 9M3 3l10 10",
  info: "M8 1.8a6.2 6.2 0 1 0 0 12.4A6.2 6.2 0 0 0 8 1.8zM8 7.3v3.7M8 4.8v.3",
  chart: "M2 2v12h12M4.5 11l2.5-4 2.5 2L13 4",
  search: "M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9zM10.5 10.5L14 14",
  back: "M10 3L5 8l5 5",
  play: "M4.5 3l8 5-8 5z",
  copy: "M5.5 5.5h7v8h-7zM3.5 10.5v-8h7",
};

export function Icon({ name, label }: { name: string; label?: string }) {
  return (
    <svg
      class="icon" viewBox="0 0 16 16" fill="none" stroke="currentColor" stroke-width="1.6" stroke-linecap="round"
      stroke-linejoin="round" role={label ? "img" : undefined} aria-label={label} aria-hidden={label ? undefined : "true"}
    >
      <path d={PATHS[name] ?? ""} />
    </svg>
  );
}
