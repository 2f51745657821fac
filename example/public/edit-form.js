import { element } from './dom.js';

/** @param actions `{ save(content): Promise<boolean>, close() }`; it stays open until the content is saved */
export function editForm({ content }, { save, close }) {
  const input = element('textarea', {
    value: content,
    maxLength: 4_000,
    rows: Math.min(8, content.split('\n').length + 1),
    dataset: { testid: 'edit-draft' },
  });
  input.setAttribute('aria-label', 'Edit the message');
  const hint = element('span', { className: 'edit-hint', textContent: 'Enter saves, Escape cancels' });
  const saveButton = element('button', {
    className: 'primary',
    textContent: 'Save',
    dataset: { testid: 'save' },
  });
  const cancel = element('button', { type: 'button', textContent: 'Cancel', onclick: close });
  const row = element('div', { className: 'row end' }, hint, cancel, saveButton);
  const form = element('form', { className: 'edit' }, input, row);
  form.onsubmit = async (event) => {
    event.preventDefault();
    if (saveButton.disabled) return;
    const edited = input.value.trim();
    if (!edited || edited === content) return close();
    saveButton.disabled = true;
    if (await save(edited)) close();
    else saveButton.disabled = false;
  };
  form.onkeydown = (event) => {
    if (event.key === 'Escape') close();
    if (event.target !== input || event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    form.requestSubmit();
  };
  return form;
}
