import fc from 'fast-check';

/** What a client may send for a cursor: anything, and what looks much like one of ours. */
export function cursorsLike(real: string): fc.Arbitrary<string> {
  const [epoch, seq] = real.split('-') as [string, string];
  const digits = fc.oneof(
    fc.bigInt({ min: -5n, max: 10n ** 20n }).map(String),
    fc.constantFrom('', '0', '00', '1e3'),
  );
  const spliced = fc
    .tuple(fc.nat({ max: real.length }), fc.nat({ max: 3 }), fc.string({ maxLength: 3, unit: 'binary' }))
    .map(([at, count, text]) => real.slice(0, at) + text + real.slice(at + count));
  return fc.oneof(
    spliced,
    fc.tuple(digits, digits).map(([a, b]) => `${a}-${b}`),
    digits.map((number) => `${epoch}-${number}`),
    digits.map((number) => `${number}-${seq}`),
    fc.string({ maxLength: 80, unit: 'binary' }),
    fc.constant(real),
  );
}
