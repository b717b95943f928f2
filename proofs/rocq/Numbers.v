(** What networks are computed in, and what is asked of a field that contains Q. *)

From Coq Require Import List ZArith QArith Qreduction Ring_theory Setoid Morphisms.
Import ListNotations.

(** Operations, without any laws: fields, and also residues and polynomials, which stand for elements of fields. *)
Record numbers := Numbers {
  number :> Type;
  add : number -> number -> number;
  mul : number -> number -> number;
  inv : number -> number;
  of_Q : Q -> number
}.
Arguments add {n}. Arguments mul {n}. Arguments inv {n}. Arguments of_Q {n}.

Definition zero {K : numbers} : K := of_Q 0.
Definition one {K : numbers} : K := of_Q 1.
Definition opp {K : numbers} (x : K) : K := mul (of_Q (-1)) x.
Definition sub {K : numbers} (x y : K) : K := add x (opp y).

(** The rational numbers, in lowest terms after every step. *)
Definition rationals : numbers := {|
  number := Q;
  add := fun x y => Qred (x + y);
  mul := fun x y => Qred (x * y);
  inv := fun x => Qred (/ x);
  of_Q := fun q => q
|}.

(** K with the equality [eqv] is a field that contains Q. *)
Record field_over_Q (K : numbers) (eqv : K -> K -> Prop) : Prop := {
  equality : Equivalence eqv;
  add_proper : Proper (eqv ==> eqv ==> eqv) (@add K);
  mul_proper : Proper (eqv ==> eqv ==> eqv) (@mul K);
  add_comm : forall x y : K, eqv (add x y) (add y x);
  add_assoc : forall x y z : K, eqv (add x (add y z)) (add (add x y) z);
  add_zero : forall x : K, eqv (add zero x) x;
  add_opp : forall x : K, eqv (add x (opp x)) zero;
  mul_comm : forall x y : K, eqv (mul x y) (mul y x);
  mul_assoc : forall x y z : K, eqv (mul x (mul y z)) (mul (mul x y) z);
  mul_one : forall x : K, eqv (mul one x) x;
  distributive : forall x y z : K, eqv (mul (add x y) z) (add (mul x z) (mul y z));
  inverse : forall x : K, ~ eqv x zero -> eqv (mul x (inv x)) one;
  nontrivial : ~ eqv (@one K) zero;
  of_Q_proper : Proper (Qeq ==> eqv) (@of_Q K);
  of_Q_add : forall p q, eqv (@of_Q K (p + q)) (add (of_Q p) (of_Q q));
  of_Q_mul : forall p q, eqv (@of_Q K (p * q)) (mul (of_Q p) (of_Q q))
}.

Section Laws.
  Variable K : numbers.
  Variable eqv : K -> K -> Prop.
  Hypothesis laws : field_over_Q K eqv.
  Local Infix "==" := eqv (at level 70).

  Local Instance equality_instance : Equivalence eqv := equality K eqv laws.
  Local Instance add_instance : Proper (eqv ==> eqv ==> eqv) (@add K) := add_proper K eqv laws.
  Local Instance mul_instance : Proper (eqv ==> eqv ==> eqv) (@mul K) := mul_proper K eqv laws.

  Lemma ring_laws : ring_theory (@zero K) one add mul sub opp eqv.
  Proof. destruct laws. constructor; auto. intros. reflexivity. Qed.

  Lemma ring_proper : ring_eq_ext add mul (@opp K) eqv.
  Proof.
    constructor; [exact add_instance | exact mul_instance |].
    intros x y H. unfold opp. rewrite H. reflexivity.
  Qed.

  Add Ring K_ring : ring_laws (setoid equality_instance ring_proper).

  Lemma opp_proper : Proper (eqv ==> eqv) (@opp K).
  Proof. intros x y H. unfold opp. rewrite H. reflexivity. Qed.

  Lemma sub_proper : Proper (eqv ==> eqv ==> eqv) (@sub K).
  Proof. intros x y H x' y' H'. unfold sub, opp. rewrite H, H'. reflexivity. Qed.

  Lemma of_Q_opp (q : Q) : of_Q (- q) == opp (of_Q q : K).
  Proof.
    unfold opp. rewrite <- (of_Q_mul K eqv laws). apply (of_Q_proper K eqv laws).
    ring.
  Qed.

  Lemma of_Z_add (a b : Z) : of_Q (inject_Z (a + b)) == add (of_Q (inject_Z a)) (of_Q (inject_Z b) : K).
  Proof. rewrite inject_Z_plus. apply (of_Q_add K eqv laws). Qed.

  Lemma of_Z_mul (a b : Z) : of_Q (inject_Z (a * b)) == mul (of_Q (inject_Z a)) (of_Q (inject_Z b) : K).
  Proof. rewrite inject_Z_mult. apply (of_Q_mul K eqv laws). Qed.

  Lemma of_Q_numerator (q : Q) :
    mul (of_Q q) (of_Q (inject_Z (Zpos (Qden q)))) == (of_Q (inject_Z (Qnum q)) : K).
  Proof.
    rewrite <- (of_Q_mul K eqv laws). apply (of_Q_proper K eqv laws). unfold Qeq. simpl. rewrite Pos.mul_1_r. ring.
  Qed.

  Lemma no_zero_divisors (a x : K) : ~ a == zero -> mul a x == zero -> x == zero.
  Proof.
    intros Ha H. transitivity (mul (mul a (inv a)) x).
    - rewrite (inverse K eqv laws a Ha). ring.
    - transitivity (mul (inv a) (mul a x)); [ring | rewrite H; ring].
  Qed.

  Lemma inverse_unique (x y : K) : ~ x == zero -> mul x y == one -> inv x == y.
  Proof.
    intros X H. transitivity (mul (mul x y) (inv x)); [rewrite H; ring |].
    transitivity (mul y (mul x (inv x))); [ring |]. rewrite (inverse K eqv laws x X). ring.
  Qed.

  Lemma product_not_zero (x y : K) : ~ x == zero -> ~ y == zero -> ~ mul x y == zero.
  Proof. intros X Y H. apply Y. apply (no_zero_divisors x); assumption. Qed.

  Local Instance sub_instance : Proper (eqv ==> eqv ==> eqv) (@sub K) := sub_proper.

  Lemma cancel (x y z : K) : ~ x == zero -> mul x y == mul x z -> y == z.
  Proof.
    intros X H. assert (D : sub y z == zero).
    { apply (no_zero_divisors x); [exact X |]. transitivity (sub (mul x y) (mul x z)); [ring | rewrite H; ring]. }
    transitivity (add (sub y z) z); [ring | rewrite D; ring].
  Qed.
End Laws.

Lemma rationals_field : field_over_Q rationals Qeq.
Proof.
  constructor; unfold one, zero, opp; cbn [number add mul inv of_Q rationals];
    try (intros; rewrite ?Qred_correct; ring).
  - apply Q_Setoid.
  - intros x y H x' y' H'. rewrite !Qred_correct, H, H'. reflexivity.
  - intros x y H x' y' H'. rewrite !Qred_correct, H, H'. reflexivity.
  - intros x H. rewrite !Qred_correct. apply Qmult_inv_r. exact H.
  - discriminate.
  - intros x y H. exact H.
Qed.
