import { onContentUpdated, type Theme } from 'vitepress';
import defaultTheme from 'vitepress/theme';
import './style.css';
import { listenToTabs, openChosenTabs } from './tabs.ts';

export default {
  extends: defaultTheme,
  setup() {
    if (!import.meta.env.SSR) listenToTabs();
    onContentUpdated(openChosenTabs);
  },
} satisfies Theme;
