// Colour maps of 256 colours, interpolated between a few.

export const MAPS = ["viridis", "grey", "inferno", "coolwarm"] as const;
export type MapName = (typeof MAPS)[number];

type Colour = readonly [number, number, number];

const STOPS: Record<MapName, readonly Colour[]> = {
  viridis: [[68, 1, 84], [59, 82, 139], [33, 145, 140], [94, 201, 98], [253, 231, 37]],
  grey: [[0, 0, 0], [255, 255, 255]],
  inferno: [[0, 0, 4], [87, 16, 110], [188, 55, 84], [249, 142, 9], [252, 255, 164]],
  coolwarm: [[59, 76, 192], [221, 221, 221], [180, 4, 38]],
};

const MADE = new Map<MapName, Uint32Array>();

/** As pixels of a canvas: one number a colour, opaque. */
export function colourMap(name: MapName): Uint32Array {
  let found = MADE.get(name);
  if (!found) MADE.set(name, (found = made(STOPS[name])));
  return found;
}

function made(stops: readonly Colour[]): Uint32Array {
  const colours = new Uint32Array(256);
  for (let index = 0; index < 256; index++) {
    const place = (index / 255) * (stops.length - 1);
    const first = Math.min(Math.floor(place), stops.length - 2);
    const from = stops[first] as Colour;
    const to = stops[first + 1] as Colour;
    const share = place - first;
    const [red, green, blue] = [0, 1, 2].map((part) => {
      const start = from[part] as number;
      return Math.round(start + share * ((to[part] as number) - start));
    }) as [number, number, number];
    colours[index] = (255 << 24) | (blue << 16) | (green << 8) | red;
  }
  return colours;
}
