// Sorts the resources of a template for creation: each after all that it refers to.
import type { Template } from './assembly.ts';
import { references } from './intrinsics.ts';

/** Logical ids in an order that follows Ref, Fn::GetAtt, Fn::Sub and DependsOn. Throws an Error that names a cycle. */
export function creationOrder({ Resources }: Template): string[] {
  const isResource = (id: string): boolean => Object.hasOwn(Resources, id);
  const waiting = new Map<string, Set<string>>();
  for (const [id, { Properties = {}, DependsOn = [] }] of Object.entries(Resources)) {
    const needs = references(Properties, isResource);
    for (const other of typeof DependsOn === 'string' ? [DependsOn] : DependsOn) {
      if (!isResource(other)) throw new Error(`Resources.${id}.DependsOn: there is no resource ${other}`);
      needs.add(other);
    }
    waiting.set(id, needs);
  }
  const order: string[] = [];
  while (waiting.size > 0) {
    const ready = [...waiting].filter(([, needs]) => needs.size === 0).map(([id]) => id);
    if (ready.length === 0) throw new Error(`the resources ${[...waiting.keys()].join(', ')} wait for each other`);
    for (const id of ready) {
      order.push(id);
      waiting.delete(id);
    }
    for (const needs of waiting.values()) for (const id of ready) needs.delete(id);
  }
  return order;
}
