// Draws the charts of a page: <div class="chart" data-chart='{labels, times, series, threshold, start, end}'>.
(() => {
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  // From zero, unless the values lie so close together and so far from it that nothing could be seen.
  const bounds = (_, low, high) => {
    if (low === null) return [0, 1];
    if (low < 0 || (low > 0.95 * high && low < high)) return uPlot.rangeNum(low, high, 0.1, true);
    return [0, uPlot.rangeNum(0, high || 1, 0.1, true)[1]];
  };

  const plot = (place) => {
    const data = JSON.parse(place.dataset.chart);
    const lines = data.labels.map((label, index) => ({
      label,
      stroke: colour(`--s${index % 8}`),
      width: 2,
      spanGaps: false,
      points: { show: data.times.length < 120, size: 5 },
    }));
    let values = [data.times, ...data.series];
    if (data.threshold !== null && data.threshold !== undefined) {
      // The threshold holds all the time, whether there are values or not.
      const ends = (times) => [data.start, ...times, data.end];
      values = [ends(data.times), ...data.series.map((line) => [null, ...line, null])];
      lines.push({ label: "threshold", stroke: colour("--bad"), width: 1.5, dash: [6, 4], points: { show: false } });
      values.push(values[0].map(() => data.threshold));
    }
    const axis = {
      stroke: colour("--soft"),
      grid: { stroke: colour("--line"), width: 1 },
      ticks: { stroke: colour("--line"), width: 1 },
    };
    const long = data.end - data.start > 86400;
    const clock = (seconds) => new Date(seconds * 1e3).toISOString().slice(long ? 5 : 11, 16).replace("T", " ");
    place.replaceChildren();
    return new uPlot(
      {
        width: place.clientWidth,
        height: 280,
        tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1e3), "Etc/UTC"),
        scales: { x: { range: [data.start, data.end] }, y: { range: bounds } },
        axes: [{ ...axis, values: (_, ticks) => ticks.map(clock) }, { ...axis, size: 70 }],
        series: [{ label: "UTC", value: (_, seconds) => (seconds === null ? "" : clock(seconds)) }, ...lines],
      },
      values,
      place,
    );
  };

  const draw = () => document.querySelectorAll(".chart").forEach(plot);
  addEventListener("DOMContentLoaded", draw);
  addEventListener("resize", draw);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
})();
