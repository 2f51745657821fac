import { Admission } from './admission';

describe('the rate of admission', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  function admittedOf(admission: Admission, upgrades: number): number {
    return Array.from({ length: upgrades }, () => admission.admits()).filter(Boolean).length;
  }

  it('lets so many in at once, and so many a second after that', () => {
    const admission = new Admission(() => 10);
    expect(admittedOf(admission, 100)).toBe(10);
    jest.advanceTimersByTime(500);
    expect(admittedOf(admission, 100)).toBe(5);
    jest.advanceTimersByTime(99);
    expect(admission.admits()).toBe(false);
    jest.advanceTimersByTime(1);
    expect(admission.admits()).toBe(true);
  });

  it('saves no more than a second up', () => {
    const admission = new Admission(() => 10);
    jest.advanceTimersByTime(3_600_000);
    expect(admittedOf(admission, 100)).toBe(10);
  });

  it('lets one in however often it is asked meanwhile', () => {
    const admission = new Admission(() => 1);
    expect(admission.admits()).toBe(true);
    let admitted = 0;
    for (let ms = 0; ms < 10_000; ms += 10) {
      jest.advanceTimersByTime(10);
      if (admission.admits()) admitted += 1;
    }
    expect(admitted).toBeGreaterThanOrEqual(9);
    expect(admitted).toBeLessThanOrEqual(10);
  });

  it('follows a rate that changes', () => {
    let rate = 10;
    const admission = new Admission(() => rate);
    rate = 4;
    expect(admittedOf(admission, 100)).toBe(4);
    jest.advanceTimersByTime(500);
    expect(admittedOf(admission, 100)).toBe(2);
  });

  it('lets one in after a while however low the rate', () => {
    const admission = new Admission(() => 0.5);
    jest.advanceTimersByTime(2_000);
    expect(admittedOf(admission, 100)).toBe(1);
  });
});
