import { median } from '../statistics';

/** What one part of a run has measured, by the name of the figure. */
export type Figures = Readonly<Record<string, number>>;

/** What all runs have measured: by scenario, by what was measured, by figure. */
export class Measured {
  private readonly values = new Map<string, number[]>();

  add(scenario: string, subject: string, figures: Figures): void {
    for (const [figure, value] of Object.entries(figures)) {
      const key = [scenario, subject, figure].join(' ');
      this.values.set(key, [...(this.values.get(key) ?? []), value]);
    }
  }

  median(scenario: string, subject: string, figure: string): number | undefined {
    const values = this.values.get([scenario, subject, figure].join(' '));
    return values && median(values);
  }

  /** The medians, as an object of objects. */
  medians(): Record<string, Record<string, Record<string, number>>> {
    const all: Record<string, Record<string, Record<string, number>>> = {};
    for (const [key, values] of this.values) {
      const [scenario, subject, figure] = key.split(' ') as [string, string, string];
      ((all[scenario] ??= {})[subject] ??= {})[figure] = median(values);
    }
    return all;
  }
}
