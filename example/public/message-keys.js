/**
 * Up and Down go from message to message, and Tab into the buttons of the one that has the focus. Only that one's are
 * on Tab's way: otherwise every message that one ever wrote would lie between the list and the field below it.
 */
export function goThroughMessagesByKey(log) {
  log.addEventListener('keydown', (event) => {
    if (!['ArrowUp', 'ArrowDown', 'Home', 'End'].includes(event.key)) return;
    if (event.target.matches('textarea')) return;
    const messages = [...log.querySelectorAll('.message')];
    const at = messages.indexOf(event.target.closest('.message'));
    const next = {
      ArrowUp: at < 0 ? messages.length - 1 : at - 1,
      ArrowDown: at + 1,
      Home: 0,
      End: messages.length - 1,
    };
    const message = messages[next[event.key]];
    if (!message) return;
    event.preventDefault();
    message.focus();
  });
  log.addEventListener('focusin', ({ target }) => letTabIn(target, 0));
  log.addEventListener('focusout', ({ target }) => letTabIn(target, -1));
}

function letTabIn(target, tabIndex) {
  for (const button of target.closest('.message')?.querySelectorAll('.actions button') ?? []) {
    button.tabIndex = tabIndex;
  }
}
