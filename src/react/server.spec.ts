import { createElement } from 'react';
import { renderToString } from 'react-dom/server';
import { useLiveMessages } from './index.ts';

it('connects to nothing on a server, and needs no WebSocket there', () => {
  const token = jest.fn(() => 'token');
  const Status = () => useLiveMessages({ url: '/ws', token }, { MESSAGE: () => undefined }).status;
  expect(renderToString(createElement(Status))).toBe('connecting');
  expect(token).not.toHaveBeenCalled();
});
