/** A route with weights that keeps equal values of an attribute together (pick-sticky.ts). */
@unmanaged
export class Sticky {
  slot: i32;
}
