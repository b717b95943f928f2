(** Zeros of polynomials modulo p^N from zeros modulo p, in any commutative ring: step 3 of docs/explanation/lifting.md. *)

From Coq Require Import List ZArith Lia Ring Setoid Morphisms Bool.
Import ListNotations.

(** Operations of a commutative ring, and the map from Z to it. *)
Record ring := Ring {
  element :> Type;
  zero : element;
  one : element;
  add : element -> element -> element;
  mul : element -> element -> element;
  sub : element -> element -> element;
  opp : element -> element;
  integer : Z -> element
}.
Arguments zero {r}. Arguments one {r}. Arguments add {r}. Arguments mul {r}. Arguments opp {r}. Arguments integer {r}.

Record is_ring (B : ring) (eqv : B -> B -> Prop) : Prop := {
  equality : Equivalence eqv;
  extensional : ring_eq_ext add mul (@opp B) eqv;
  laws : ring_theory zero one add mul (sub B) opp eqv;
  integer_morphism : ring_morph zero one add mul (sub B) opp eqv 0%Z 1%Z Z.add Z.mul Z.sub Z.opp Z.eqb integer
}.

(** Polynomials with integer coefficients. *)
Inductive polynomial :=
  | Integer (a : Z)
  | Unknown (i : nat)
  | Plus (f g : polynomial)
  | Times (f g : polynomial).

Definition total (terms : list polynomial) : polynomial := fold_right Plus (Integer 0) terms.

Fixpoint power (f : polynomial) (n : nat) : polynomial := match n with O => Integer 1 | S n' => Times f (power f n') end.

Fixpoint value {B : ring} (y : nat -> B) (f : polynomial) : B :=
  match f with
  | Integer a => integer a
  | Unknown i => y i
  | Plus f g => add (value y f) (value y g)
  | Times f g => mul (value y f) (value y g)
  end.

(** The derivative at y along w. *)
Fixpoint along {B : ring} (y w : nat -> B) (f : polynomial) : B :=
  match f with
  | Integer _ => zero
  | Unknown i => w i
  | Plus f g => add (along y w f) (along y w g)
  | Times f g => add (mul (value y f) (along y w g)) (mul (along y w f) (value y g))
  end.

Definition sum {B : ring} {A : Type} (f : A -> B) (l : list A) : B := fold_right (fun a s => add (f a) s) zero l.

Definition when {B : ring} (b : bool) (x : B) : B := if b then x else zero.

(** x = x' modulo m. *)
Definition modulo {B : ring} (eqv : B -> B -> Prop) (m : Z) (x x' : B) : Prop := exists c, eqv x (add x' (mul (integer m) c)).

Section CommutativeRing.
  Variable B : ring.
  Variable eqv : B -> B -> Prop.
  Hypothesis B_ring : is_ring B eqv.
  Local Infix "==" := eqv (at level 70).
  Local Infix "+" := add.
  Local Infix "*" := mul.
  Local Instance equality_instance : Equivalence eqv := equality B eqv B_ring.
  Local Instance add_instance : Proper (eqv ==> eqv ==> eqv) (@add B) := Radd_ext (extensional B eqv B_ring).
  Local Instance mul_instance : Proper (eqv ==> eqv ==> eqv) (@mul B) := Rmul_ext (extensional B eqv B_ring).
  Local Instance opp_instance : Proper (eqv ==> eqv) (@opp B) := Ropp_ext (extensional B eqv B_ring).
  Add Ring B_ring_laws : (laws B eqv B_ring) (setoid equality_instance (extensional B eqv B_ring)).
  Let integers := integer_morphism B eqv B_ring.

  Lemma sum_equal {A} (f g : A -> B) l : (forall a, In a l -> f a == g a) -> sum f l == sum g l.
  Proof.
    induction l as [| a l IH]; intro H; [reflexivity |]. cbn. rewrite (H a) by (left; reflexivity).
    rewrite IH; [reflexivity |]. intros b I. apply H. right. exact I.
  Qed.

  Lemma sum_zero {A} (f : A -> B) l : (forall a, In a l -> f a == zero) -> sum f l == zero.
  Proof.
    intro H. rewrite (sum_equal f (fun _ => zero)) by exact H. clear H. induction l as [| a l IH]; cbn; [reflexivity |].
    change (zero + sum (fun _ : A => zero) l == zero). rewrite IH. ring.
  Qed.

  Lemma sum_add {A} (f g : A -> B) l : sum (fun a => f a + g a) l == sum f l + sum g l.
  Proof. unfold sum. induction l as [| a l IH]; cbn; [| rewrite IH]; ring. Qed.

  Lemma sum_scale {A} (f : A -> B) x l : sum (fun a => x * f a) l == x * sum f l.
  Proof. unfold sum. induction l as [| a l IH]; cbn; [| rewrite IH]; ring. Qed.

  Lemma sum_swap {A A'} (f : A -> A' -> B) l l' : sum (fun a => sum (f a) l') l == sum (fun b => sum (fun a => f a b) l) l'.
  Proof.
    induction l as [| a l IH]; [symmetry; apply sum_zero; reflexivity |].
    transitivity (sum (f a) l' + sum (fun a => sum (f a) l') l); [reflexivity |]. rewrite IH, <- sum_add. reflexivity.
  Qed.

  Lemma sum_single {A} (f : A -> B) l a : NoDup l -> In a l -> (forall b, In b l -> b <> a -> f b == zero) -> sum f l == f a.
  Proof.
    intros N I Z. induction N as [| b l H N IH]; [destruct I |]. cbn. fold (sum f l). destruct I as [-> | I].
    - rewrite (sum_zero f l); [ring |]. intros b J. apply Z; [right; exact J | intros ->; contradiction].
    - rewrite IH, (Z b); [ring | left; reflexivity | intros ->; contradiction | exact I |].
      intros c J. apply Z. right. exact J.
  Qed.

  Lemma sum_filter {A} (f : A -> B) b l : sum f (filter b l) == sum (fun a => when (b a) (f a)) l.
  Proof.
    unfold sum. induction l as [| a l IH]; cbn; [reflexivity |]. destruct (b a); cbn; rewrite IH; [reflexivity | ring].
  Qed.

  Lemma when_scale b x y : when b (x * y) == x * when b y.
  Proof. destruct b; cbn; ring. Qed.

  Lemma value_total {A} y (f : A -> polynomial) l : value y (total (map f l)) == sum (fun a => value y (f a)) l.
  Proof.
    unfold total, sum. induction l as [| a l IH]; cbn; [apply (morph0 integers) | rewrite IH; reflexivity].
  Qed.

  Lemma value_power y f a b : value y (power f (a + b)) == value y (power f a) * value y (power f b).
  Proof.
    induction a as [| a IH]; cbn [Nat.add power value]; [rewrite (morph1 integers) | rewrite IH]; ring.
  Qed.

  Lemma integer_mul a b : integer (a * b) == integer a * integer b.
  Proof. apply (morph_mul integers). Qed.

  (** Taylor, up to what is divisible by m^2. *)
  Lemma taylor m y w f : exists c, value (fun i => y i + integer m * w i) f ==
    value y f + integer m * along y w f + integer m * integer m * c.
  Proof.
    induction f as [a | i | f [a F] g [b G] | f [a F] g [b G]]; cbn [value along].
    - exists zero. ring.
    - exists zero. ring.
    - exists (a + b). rewrite F, G. ring.
    - exists (value y f * b + a * value y g + along y w f * along y w g + integer m * (along y w f * b + a * along y w g) +
        integer m * integer m * (a * b)). rewrite F, G. ring.
  Qed.

  Lemma value_equal (y y' : nat -> B) f : (forall i, y i == y' i) -> value y f == value y' f.
  Proof. intro H. induction f as [a | i | f F g G | f F g G]; cbn [value]; rewrite ?F, ?G, ?H; reflexivity. Qed.

  Lemma value_modulo m y e f : modulo eqv m (value (fun i => y i + integer m * e i) f) (value y f).
  Proof. destruct (taylor m y e f) as [c E]. exists (along y e f + integer m * c). rewrite E. ring. Qed.

  Lemma along_modulo m y e w f : modulo eqv m (along (fun i => y i + integer m * e i) w f) (along y w f).
  Proof.
    induction f as [a | i | f [a F] g [b G] | f [a F] g [b G]]; cbn [along].
    - exists zero. ring.
    - exists zero. ring.
    - exists (a + b). rewrite F, G. ring.
    - destruct (value_modulo m y e f) as [a' F'], (value_modulo m y e g) as [b' G'].
      exists (value y f * b + a' * along y w g + integer m * a' * b + along y w f * b' + a * value y g + integer m * a * b').
      rewrite F, G, F', G'. ring.
  Qed.

  Lemma along_sum {A} y (a : A -> B) (R : A -> nat -> B) l f :
    along y (fun i => sum (fun r => a r * R r i) l) f == sum (fun r => a r * along y (R r) f) l.
  Proof.
    induction f as [b | i | f F g G | f F g G]; cbn [along].
    - symmetry. apply sum_zero. intros r _. ring.
    - reflexivity.
    - rewrite F, G, <- sum_add. apply sum_equal. intros r _. ring.
    - rewrite F, G, <- sum_scale, (Rmul_comm (laws B eqv B_ring) _ (value y g)), <- sum_scale, <- sum_add.
      apply sum_equal. intros r _. ring.
  Qed.

  Lemma finite_choice (P : nat -> B -> Prop) l : (forall r, In r l -> exists c, P r c) ->
    exists c : nat -> B, forall r, In r l -> P r (c r).
  Proof.
    intro H. induction l as [| r l IH]; [exists (fun _ => zero); contradiction |].
    destruct IH as [c C]; [intros s I; apply H; right; exact I |]. destruct (H r) as [x X]; [left; reflexivity |].
    exists (fun s => if Nat.eqb s r then x else c s). intros s I. destruct (Nat.eqb_spec s r) as [-> | N]; [exact X |].
    apply C. destruct I; [congruence | assumption].
  Qed.

  Lemma sum_modulo {A} m (f g : A -> B) l : (forall a, In a l -> modulo eqv m (f a) (g a)) -> modulo eqv m (sum f l) (sum g l).
  Proof.
    intro H. induction l as [| a l IH]; [exists zero; cbn; ring |].
    destruct IH as [c C]; [intros b I; apply H; right; exact I |]. destruct (H a) as [b E]; [left; reflexivity |].
    exists (b + c). cbn. fold (sum f l). fold (sum g l). rewrite C, E. ring.
  Qed.

  (** The equations f_r, r in l, and a right inverse modulo p of their Jacobian at y: the directions R_r. *)
  Theorem hensel (p : Z) (l : list nat) (f : nat -> polynomial) (y : nat -> B) (R : nat -> nat -> B) : NoDup l ->
    (forall r, In r l -> modulo eqv p (value y (f r)) zero) ->
    (forall r s, In r l -> In s l -> modulo eqv p (along y (R s) (f r)) (when (Nat.eqb r s) one)) ->
    forall N : nat, exists e : nat -> B, forall r, In r l ->
      modulo eqv (p ^ Z.of_nat (S N)) (value (fun i => y i + integer p * e i) (f r)) zero.
  Proof.
    intros D Z J N. induction N as [| N [e IH]].
    - exists (fun _ => zero). intros r I. rewrite Z.pow_1_r. destruct (Z r I) as [c C].
      destruct (value_modulo p y (fun _ => zero) (f r)) as [c' C']. exists (c + c'). rewrite C', C. ring.
    - set (x := fun i => y i + integer p * e i) in *. set (m := (p ^ Z.of_nat (S N))%Z) in *.
      apply finite_choice in IH. destruct IH as [c C].
      set (w := fun i => sum (fun s => opp (c s) * R s i) l).
      exists (fun i => e i + integer (p ^ Z.of_nat N) * w i). intros r I.
      destruct (taylor m x w (f r)) as [q E].
      assert (A : modulo eqv p (along x w (f r)) (opp (c r))).
      { destruct (sum_modulo p (fun s => opp (c s) * along x (R s) (f r)) (fun s => opp (c s) * when (Nat.eqb r s) one) l) as [a A].
        - intros s K. destruct (along_modulo p y e (R s) (f r)) as [b H], (J r s I K) as [b' H'].
          exists (opp (c s) * (b + b')). unfold x. rewrite H, H'. ring.
        - exists a. unfold w. rewrite along_sum, A, (sum_single _ l r D I).
          + rewrite Nat.eqb_refl. cbn [when]. ring.
          + intros s _ K. destruct (Nat.eqb_spec r s); [congruence |]. cbn [when]. ring. }
      destruct A as [a A]. exists (a + integer (p ^ Z.of_nat N) * q).
      assert (M : integer m == integer p * integer (p ^ Z.of_nat N)).
      { unfold m. rewrite Nat2Z.inj_succ, Z.pow_succ_r by lia. apply integer_mul. }
      rewrite (value_equal _ (fun i => x i + integer m * w i)) by (intro i; unfold x; rewrite M; ring).
      rewrite E, A, (C r I), (Nat2Z.inj_succ (S N)), Z.pow_succ_r, integer_mul by lia. fold m. rewrite M. ring.
  Qed.
End CommutativeRing.
