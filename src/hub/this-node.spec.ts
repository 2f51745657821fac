import { ThisNode } from './this-node';

describe('the part of a node', () => {
  it.each<[own: number, all: number, nodes: number, ofConnections: number, ofNodes: number]>([
    [0, 0, 1, 1, 1],
    [10, 10, 1, 1, 1],
    [30, 100, 3, 0.3, 1 / 3],
    [1, 1_000, 2, 0.125, 0.5],
    [0, 1_000, 2, 0.125, 0.5],
    [0, 0, 4, 1, 0.25],
  ])('with %i of %i connections, of %i nodes', (own, all, nodes, ofConnections, ofNodes) => {
    const node = new ThisNode();
    node.onLoad({ own, all, nodes });
    expect(node.shareOfConnections).toBeCloseTo(ofConnections);
    expect(node.shareOfNodes).toBeCloseTo(ofNodes);
  });

  it('is everything until it has heard of others', () => {
    const node = new ThisNode();
    expect([node.shareOfConnections, node.shareOfNodes]).toEqual([1, 1]);
  });

  it('has a name of its own', () => {
    expect(new ThisNode().id).not.toBe(new ThisNode().id);
  });
});
