import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import 'uplot/dist/uPlot.min.css';
import './style/theme.css';
import './style/header.css';
import './style/map.css';
import './style/panels.css';
import './style/layout.css';
import './style/verdict-card.css';
import { openNotice } from './alarms/notice-link.ts';
import { SiteStore } from './live/store.ts';
import { Session, SessionContext } from './session/session.ts';
import { App } from './shell/app.tsx';
import { followTheme } from './ui/theme.ts';

followTheme();
openNotice();
const session = new Session();
const store = new SiteStore('/api/v1/events', () => void session.ask());
session.subscribe(() => {
  const { state } = session.current();
  if (state === 'out') store.close();
  else if (state !== 'asking') store.open();
});
void session.ask();
const root = document.getElementById('root');
if (!root) throw new Error('index.html has no #root');
createRoot(root).render(
  <StrictMode>
    <SessionContext value={session}>
      <App store={store} />
    </SessionContext>
  </StrictMode>,
);
