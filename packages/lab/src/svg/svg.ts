/** Pictures as SVG text: drawn by ECharts on the server, made small and the same on every run. */
import { Html } from './html.ts';

type ECharts = typeof import('echarts/core');

let loading: Promise<ECharts> | undefined;

/** Only what draws pays for it. */
function loadECharts(): Promise<ECharts> {
  loading ??= (async () => {
    const [core, charts, components, renderers] = await Promise.all([
      import('echarts/core'),
      import('echarts/charts'),
      import('echarts/components'),
      import('echarts/renderers'),
    ]);
    core.use([
      charts.LineChart,
      charts.CustomChart,
      charts.ScatterChart,
      components.GridComponent,
      components.GraphicComponent,
      components.LegendComponent,
      components.MarkLineComponent,
      components.TitleComponent,
      renderers.SVGRenderer,
    ]);
    return core;
  })();
  return loading;
}

export interface Drawing {
  /** Unique on its page: the ids inside the picture begin with it. */
  readonly id: string;
  readonly width: number;
  readonly height: number;
  /** Of ECharts. */
  readonly option: object;
}

/** What lies inside the svg element of the picture. */
export async function drawInside({ id, width, height, option }: Drawing): Promise<Html> {
  const echarts = await loadECharts();
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width, height });
  try {
    chart.setOption({ animation: false, ...option });
    return new Html(slimSvg(chart.renderToSVGString(), id));
  } finally {
    chart.dispose();
  }
}

/**
 * What stands between the svg tags, without what only a page with scripts needs. Names of zrender count up with
 * every picture of the process; here they begin with the id of the picture.
 */
function slimSvg(svg: string, id: string): string {
  return svg
    .replace(/^<svg[^>]*>/, '')
    .replace(/<\/svg>\s*$/, '')
    .replace(/<style[\s\S]*?<\/style>/g, '')
    .replace(/ (?:class="zr[^"]*"|ecmeta_\w+="[^"]*"|pointer-events="\w+"|stroke-miterlimit="\d+")/g, '')
    .replace(/ style="font: ?normal normal ([\d.]+px) sans-serif"/g, ' font-size="$1"')
    .replace(/ style="font-size:([\d.]+px);font-family:sans-serif;"/g, ' font-size="$1"')
    .replace(/<(?:path|rect)\b(?![^>]* stroke=)[^>]*fill="none"[^>]*><\/(?:path|rect)>\n?/g, '')
    .replace(/<(?:path|rect)\b[^>]*fill-opacity="0"[^>]*stroke-width="0"[^>]*><\/(?:path|rect)>\n?/g, '')
    .replace(/zr\d+-/g, `${id}-`)
    .replace(/ d="((?:[ML]-?[\d.]+ -?[\d.]+)+)"/g, (_, path: string) => ` d="${slimPath(path)}"`)
    .replace(/><\/(path|rect|polygon|polyline|circle)>/g, '/>')
    .replace(/\n+/g, '\n');
}

const tenths = (n: number): string => {
  if (n % 10 === 0) return String(n / 10);
  return `${n < 0 ? '-' : ''}${Math.abs(n) < 10 ? '' : Math.trunc(Math.abs(n) / 10)}.${Math.abs(n) % 10}`;
};

/** Relative steps in tenths of a pixel; what lies straight between its neighbours is left out. */
export function slimPath(path: string): string {
  let text = '';
  for (const run of path.split('M').slice(1)) {
    const points = run.split('L').map((pair) => pair.split(' ').map((n) => Math.round(Number(n) * 10)));
    const kept = points.filter((_, i) => i === 0 || i === points.length - 1 || !isStraight(points, i));
    let [x, y] = kept[0] as [number, number];
    text += `M${tenths(x)} ${tenths(y)}`;
    kept.slice(1).forEach(([nextX, nextY], i) => {
      const [dx, dy] = [tenths(nextX! - x), tenths(nextY! - y)];
      text += `${i === 0 ? 'l' : dx.startsWith('-') ? '' : ' '}${dx}${dy.startsWith('-') ? '' : ' '}${dy}`;
      [x, y] = [nextX!, nextY!];
    });
  }
  return text;
}

/** On a level or upright stretch: other straight stretches are too rare to look for. */
function isStraight(points: readonly number[][], i: number): boolean {
  const [a, b, c] = [points[i - 1]!, points[i]!, points[i + 1]!];
  const isLevel = a[1] === b[1] && b[1] === c[1];
  const isUpright = a[0] === b[0] && b[0] === c[0] && (b[1]! - a[1]!) * (c[1]! - b[1]!) >= 0;
  return isLevel || isUpright;
}
