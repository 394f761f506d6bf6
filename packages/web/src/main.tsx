import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import 'uplot/dist/uPlot.min.css';
import './style/theme.css';
import './style/header.css';
import './style/map.css';
import './style/panels.css';
import './style/layout.css';
import { App } from './app.tsx';
import { followTheme } from './frame/theme.ts';
import { SiteStore } from './live/store.ts';

followTheme();
const store = new SiteStore('/api/v1/events');
const root = document.getElementById('root');
if (!root) throw new Error('index.html has no #root');
createRoot(root).render(
  <StrictMode>
    <App store={store} />
  </StrictMode>,
);
