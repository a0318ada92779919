// Sorts the resources of a template for creation: each after all that it refers to.
import type { Template } from './assembly.ts';
import { references } from './intrinsics.ts';

/** What each resource waits for: all that it refers to by Ref, Fn::GetAtt, Fn::Sub and DependsOn. Throws an Error that names what is not there. */
export function needsOf({ Resources }: Template): ReadonlyMap<string, ReadonlySet<string>> {
  const isResource = (id: string): boolean => Object.hasOwn(Resources, id);
  return new Map(
    Object.entries(Resources).map(([id, { Properties = {}, DependsOn = [] }]) => {
      const needs = references(Properties, isResource);
      for (const other of typeof DependsOn === 'string' ? [DependsOn] : DependsOn) {
        if (!isResource(other)) throw new Error(`Resources.${id}.DependsOn: there is no resource ${other}`);
        needs.add(other);
      }
      return [id, needs];
    }),
  );
}

/** Logical ids in an order that follows what each waits for. Throws an Error that names a cycle. */
export function creationOrder(template: Template): string[] {
  const waiting = new Map([...needsOf(template)].map(([id, needs]) => [id, new Set(needs)]));
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
