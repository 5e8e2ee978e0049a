// SPDX-License-Identifier: Apache-2.0
/** The page: what is asked of the worker, and what its answers change. */
import { drawChart } from './chart.js';
import { CODECS, nearestWidth } from './codecs.js';
import * as view from './view.js';

const byId = (id) => document.getElementById(id);
const [codecSelect, bitsRange, querySelect, saveButton] = ['codec', 'bits', 'query', 'save'].map(byId);
/** Milliseconds after the last move of the slider. */
const PATIENCE = 120;
/** Widths that are tried first of so few numbers, to have something to compare with. */
const OPENING = [1, 2, 8];
const FEW_NUMBERS = 2 ** 22;

const settings = { codec: 'eden', bits: 4 };
/** The number of what was asked last, and the file it was asked of. */
let asked = 0;
let file;
let loaded;
let current;
/** Results by codec and width, in the order in which they came. */
const tried = new Map();
/** Widths still to try. */
let queue = [];
let waiting;

const worker = new Worker('worker.js', { type: 'module' });
const ask = (kind, message = {}) => worker.postMessage({ kind, number: ++asked, ...message });

function load(chosen) {
  file = chosen;
  queue = [];
  clearTimeout(waiting);
  view.showProblem('');
  view.showProgress('Reading', 0, 1);
  ask('load', { file: chosen });
}

function run() {
  if (!loaded) return;
  view.showProblem('');
  view.showProgress('Compressing', 0, 1);
  ask('run', { settings: { ...settings } });
}

/** Tries the next width of the queue. */
function runNext() {
  settings.bits = queue.shift();
  showSettings();
  run();
}

function runSoon() {
  queue = [];
  clearTimeout(waiting);
  waiting = setTimeout(run, PATIENCE);
}

function showSettings() {
  const { widths, about } = CODECS[settings.codec];
  codecSelect.value = settings.codec;
  byId('codec-about').textContent = about;
  bitsRange.max = String(widths.length - 1);
  bitsRange.value = String(widths.indexOf(settings.bits));
  bitsRange.disabled = widths.length === 1;
  bitsRange.setAttribute('aria-valuetext', `${settings.bits} ${settings.bits === 1 ? 'bit' : 'bits'}`);
  byId('bits-value').textContent = String(settings.bits);
}

function showCurrent() {
  view.showFigures(current, loaded.k);
  view.showHits(current.found, loaded.exact, loaded.labels, Number(querySelect.value), loaded.k);
  const results = [...tried.values()];
  view.showTried(results, current);
  drawChart(byId('chart'), results, current, Object.keys(CODECS));
}

const answers = {
  progress: ({ phase, done, total }) => view.showProgress(phase, done, total),
  loaded: (message) => {
    loaded = message;
    tried.clear();
    saveButton.disabled = true;
    view.showQueries(message.queryLabels);
    view.showData({ ...message, queries: message.queryLabels.length, name: file?.name });
    view.showBackend(message.backend);
    const { widths } = CODECS[settings.codec];
    const opening = message.rows * message.dim <= FEW_NUMBERS ? OPENING : [];
    queue = [...opening.filter((width) => widths.includes(width) && width !== settings.bits), settings.bits];
    runNext();
  },
  result: (message) => {
    current = message;
    tried.set(`${message.codec} ${message.bits}`, message);
    saveButton.disabled = false;
    showCurrent();
    if (queue.length) runNext();
    else view.showIdle(`${message.codec} at ${message.bits} bits: recall ${message.recall.toFixed(3)}`);
  },
  saved: ({ bytes }) => {
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob([bytes]));
    link.download = `${file ? file.name.replace(/\.npy$/i, '') : 'glosses'}.hq`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  },
  failed: ({ of, message }) => {
    view.showProblem(message);
    view.showIdle(of === 'load' && loaded ? 'The vectors that were open before are still here.' : '');
    queue = [];
    // a file that could not be read changes nothing
    if (of === 'load') file = loaded?.file;
  },
};

worker.onmessage = ({ data }) => {
  if (data.number !== asked) return;
  answers[data.kind]({ ...data, file });
};
worker.onerror = () => answers.failed({ of: 'start', message: 'The worker of this page cannot run in this browser.' });

codecSelect.append(...Object.keys(CODECS).map((name) => new Option(name, name)));
codecSelect.addEventListener('change', () => {
  settings.codec = codecSelect.value;
  settings.bits = nearestWidth(settings.codec, settings.bits);
  showSettings();
  runSoon();
});
bitsRange.addEventListener('input', () => {
  settings.bits = CODECS[settings.codec].widths[Number(bitsRange.value)];
  showSettings();
  runSoon();
});
querySelect.addEventListener('change', () => {
  if (current) showCurrent();
});
byId('all').addEventListener('click', () => {
  clearTimeout(waiting);
  queue = [...CODECS[settings.codec].widths];
  runNext();
});
saveButton.addEventListener('click', () => worker.postMessage({ kind: 'save', number: asked }));
byId('sentences').addEventListener('click', () => load());
byId('file').addEventListener('change', ({ target }) => {
  const [chosen] = target.files;
  // so that the same file can be chosen again
  target.value = '';
  if (chosen) load(chosen);
});
byId('controls').addEventListener('submit', (event) => event.preventDefault());

for (const kind of ['dragover', 'dragleave', 'drop']) {
  document.addEventListener(kind, (event) => {
    event.preventDefault();
    document.body.classList.toggle('dropping', kind === 'dragover');
    const [chosen] = (kind === 'drop' && event.dataTransfer?.files) || [];
    if (chosen) load(chosen);
  });
}

showSettings();
load();
