package io.meltemi.interop.api;

import java.io.Serializable;

/** Twenty classes in one argument: the one-byte form of a Hessian object names only the first sixteen class definitions. */
public class Zoo implements Serializable {
  private static final long serialVersionUID = 1L;

  public A a = new A();
  public B b = new B();
  public C c = new C();
  public D d = new D();
  public E e = new E();
  public F f = new F();
  public G g = new G();
  public H h = new H();
  public I i = new I();
  public J j = new J();
  public K k = new K();
  public L l = new L();
  public M m = new M();
  public N n = new N();
  public O o = new O();
  public P p = new P();
  public Q q = new Q();
  public R r = new R();
  public S s = new S();
  public T t = new T();

  /** All that the zoo holds, in order. */
  public String census() {
    return ""
        + a.id
        + b.id
        + c.id
        + d.id
        + e.id
        + f.id
        + g.id
        + h.id
        + i.id
        + j.id
        + k.id
        + l.id
        + m.id
        + n.id
        + o.id
        + p.id
        + q.id
        + r.id
        + s.id
        + t.id;
  }

  public static class A implements Serializable {
    private static final long serialVersionUID = 1L;
    public int id;
  }

  public static class B implements Serializable {
    private static final long serialVersionUID = 1L;
    public int id;
  }

  public static class C implements Serializable {
    private static final long serialVersionUID = 1L;
    public int id;
  }

  public static class D implements Serializable {
    private static final long serialVersionUID = 1L;
    public int id;
  }

  public static class E implements Serializable {
    private static final long serialVersionUID = 1L;
    public int id;
  }

  public static class F implements Serializable {
    private static final long serialVersionUID = 1L;
    public int id;
  }

  public static class G implements Serializable {
    private static final long serialVersionUID = 1L;
    public int id;
  }

  public static class H implements Serializable {
    private static final long serialVersionUID = 1L;
    public int id;
  }

  public static class I implements Serializable {
    private static final long serialVersionUID = 1L;
    public int id;
  }

  public static class J implements Serializable {
    private static final long serialVersionUID = 1L;
    public int id;
  }

  public static class K implements Serializable {
    private static final long serialVersionUID = 1L;
    public int id;
  }

  public static class L implements Serializable {
    private static final long serialVersionUID = 1L;
    public int id;
  }

  public static class M implements Serializable {
    private static final long serialVersionUID = 1L;
    public int id;
  }

  public static class N implements Serializable {
    private static final long serialVersionUID = 1L;
    public int id;
  }

  public static class O implements Serializable {
    private static final long serialVersionUID = 1L;
    public int id;
  }

  public static class P implements Serializable {
    private static final long serialVersionUID = 1L;
    public int id;
  }

  public static class Q implements Serializable {
    private static final long serialVersionUID = 1L;
    public int id;
  }

  public static class R implements Serializable {
    private static final long serialVersionUID = 1L;
    public int id;
  }

  public static class S implements Serializable {
    private static final long serialVersionUID = 1L;
    public int id;
  }

  public static class T implements Serializable {
    private static final long serialVersionUID = 1L;
    public int id;
  }
}
