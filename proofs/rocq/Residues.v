(** Numbers modulo m, and the rank from below by a minor that does not vanish there. m need not be a prime. *)

From Coq Require Import List ZArith QArith Lia Ring Setoid Morphisms.
From ExactCNN Require Import Numbers Ranks.
Import ListNotations.
Local Open Scope Z_scope.

(** Which elements of K have which residues: a ring homomorphism from a part of K to Z/m, as a relation. *)
Record place (K : numbers) (eqv : K -> K -> Prop) (m : Z) := Place {
  has : K -> Z -> Prop;
  has_proper : forall x y a, eqv x y -> has x a -> has y a;
  has_congruent : forall x a b, a mod m = b mod m -> has x a -> has x b;
  has_add : forall x y a b, has x a -> has y b -> has (add x y) (a + b);
  has_mul : forall x y a b, has x a -> has y b -> has (mul x y) (a * b);
  has_inv : forall x a i, (a * i) mod m = 1 mod m -> has x a -> has (inv x) i;
  has_of_Q : forall q i, (Zpos (Qden q) * i) mod m = 1 mod m -> has (of_Q q) (Qnum q * i);
  has_nonzero : forall x a, a mod m <> 0 -> has x a -> ~ eqv x zero
}.
Arguments has {K eqv m}.

(** a^n modulo m. *)
Fixpoint power_mod (m a : Z) (n : positive) : Z :=
  match n with
  | xH => a mod m
  | xO n' => let b := power_mod m a n' in (b * b) mod m
  | xI n' => let b := power_mod m a n' in (a * ((b * b) mod m)) mod m
  end.

(** What inverts a modulo a prime m; that it does is always tested. *)
Definition inverse_mod (m a : Z) : option Z :=
  let i := match m - 2 with Zpos n => power_mod m (a mod m) n | _ => 1 end in
  if (a * i) mod m =? 1 mod m then Some i else None.

Definition residue_of_Q (m : Z) (q : Q) : option Z :=
  match inverse_mod m (Zpos (Qden q)) with Some i => Some ((Qnum q * i) mod m) | None => None end.

Definition both (f : Z -> Z -> Z) (a b : option Z) : option Z :=
  match a, b with Some x, Some y => Some (f x y) | _, _ => None end.

Lemma same_length {A B : Type} (R : A -> B -> Prop) (l : list A) (l' : list B) : Forall2 R l l' -> length l = length l'.
Proof. induction 1; simpl; congruence. Qed.

(** Residues modulo m; None is an element without one, or whose residue is not known. *)
Definition residues (m : Z) : numbers := {|
  number := option Z;
  add := both (fun x y => (x + y) mod m);
  mul := both (fun x y => (x * y) mod m);
  inv := fun a => match a with Some x => inverse_mod m x | None => None end;
  of_Q := residue_of_Q m
|}.

Definition related {K eqv m} (P : place K eqv m) (x : K) (a : residues m) : Prop :=
  match a with Some r => has P x r | None => True end.

(** The minor is regular modulo m, by elimination without exchanges: rows and columns come in a fitting order. *)
Fixpoint regular (m : Z) (order : nat) (rows : list (list (residues m))) : bool :=
  match order, rows with
  | O, [] => true
  | S n, (Some a :: row) :: rest =>
      negb (a mod m =? 0) && forallb (fun r => Nat.eqb (length r) (S (length row))) rest &&
      regular m n (map (eliminate (residues m) (Some a) row) rest)
  | _, _ => false
  end.

Section Minors.
  Variable K : numbers.
  Variable eqv : K -> K -> Prop.
  Hypothesis laws : field_over_Q K eqv.
  Variable m : Z.
  Variable P : place K eqv m.

  Lemma related_add (x y : K) (a b : residues m) : related P x a -> related P y b -> related P (add x y) (add a b).
  Proof.
    destruct a as [a |], b as [b |]; simpl; auto. intros H H'.
    apply (has_congruent _ _ _ P _ (a + b)); [rewrite Zmod_mod; reflexivity |]. apply (has_add _ _ _ P); assumption.
  Qed.

  Lemma related_mul (x y : K) (a b : residues m) : related P x a -> related P y b -> related P (mul x y) (mul a b).
  Proof.
    destruct a as [a |], b as [b |]; simpl; auto. intros H H'.
    apply (has_congruent _ _ _ P _ (a * b)); [rewrite Zmod_mod; reflexivity |]. apply (has_mul _ _ _ P); assumption.
  Qed.

  Lemma inverse_mod_correct (a i : Z) : inverse_mod m a = Some i -> (a * i) mod m = 1 mod m.
  Proof.
    unfold inverse_mod. set (j := match m - 2 with Zpos n => power_mod m (a mod m) n | _ => 1 end).
    destruct (Z.eqb_spec ((a * j) mod m) (1 mod m)) as [E | E]; intro H; [injection H as <-; exact E | discriminate H].
  Qed.

  Lemma related_inv (x : K) (a : residues m) : related P x a -> related P (inv x) (inv a).
  Proof.
    destruct a as [a |]; simpl; auto. intro H. destruct (inverse_mod m a) as [i |] eqn:I; simpl; auto.
    apply (has_inv _ _ _ P _ a); [apply inverse_mod_correct; exact I | exact H].
  Qed.

  Lemma related_of_Q (q : Q) : related P (of_Q q : K) (of_Q q : residues m).
  Proof.
    simpl. unfold residue_of_Q. destruct (inverse_mod m (Zpos (Qden q))) as [i |] eqn:I; simpl; auto.
    apply (has_congruent _ _ _ P _ (Qnum q * i)); [rewrite Zmod_mod; reflexivity |].
    apply (has_of_Q _ _ _ P). apply inverse_mod_correct. exact I.
  Qed.

  Lemma related_eliminate (a : K) (row other : list K) a' row' other' :
    related P a a' -> Forall2 (related P) row row' -> Forall2 (related P) other other' ->
    Forall2 (related P) (eliminate K a row other) (eliminate (residues m) a' row' other').
  Proof.
    intros Ha R O. destruct O as [| b b' r r' Hb O]; simpl; [constructor |].
    revert r r' O. induction R as [| x x' row row' Hx R IH]; intros r r' O; simpl; [constructor |].
    destruct O as [| y y' r r' Hy O]; simpl; constructor; [| apply IH; exact O].
    cbn [fst snd]. unfold sub, opp. apply related_add; [apply related_mul; assumption |].
    apply related_mul; [apply related_of_Q | apply related_mul; assumption].
  Qed.

  Theorem independent_by_residues (order : nat) (rows : matrix K) (rows' : list (list (residues m))) :
    Forall2 (Forall2 (related P)) rows rows' -> regular m order rows' = true -> independent eqv rows.
  Proof.
    revert rows rows'. induction order as [| n IH]; intros rows rows' H; destruct H as [| row row' rest rest' Hrow H];
      simpl; try discriminate.
    - intros _. apply independent_nil.
    - destruct Hrow as [| a [a' |] row row' Ha Hrow]; try discriminate. intro E.
      apply andb_prop in E. destruct E as [E R]. apply andb_prop in E. destruct E as [Z L].
      apply (independent_after_elimination K eqv laws).
      + rewrite forallb_forall in L. clear - L H Hrow.
        assert (N : length row = length row') by (eapply same_length; exact Hrow). rewrite N.
        induction H as [| x x' rest rest' Hx H I]; constructor.
        * rewrite (same_length _ _ _ Hx). apply Nat.eqb_eq. apply L. left. reflexivity.
        * apply I. intros y Hy. apply L. right. exact Hy.
      + apply (has_nonzero _ _ _ P _ a'); [| exact Ha].
        apply negb_true_iff in Z. apply Z.eqb_neq in Z. exact Z.
      + apply (IH _ _) with (2 := R). clear - H Ha Hrow.
        induction H as [| x x' rest rest' Hx H I]; simpl; constructor; [| exact I].
        apply related_eliminate; assumption.
  Qed.
End Minors.

(** a = b modulo m, with the quotient as a witness. *)
Definition congruent (m a b : Z) : Prop := exists k, a = b + k * m.

Lemma congruent_mod (m a b : Z) : m <> 0 -> (congruent m a b <-> a mod m = b mod m).
Proof.
  intro M. split.
  - intros [k ->]. apply Z_mod_plus_full.
  - intro E. exists (a / m - b / m). pose proof (Z_div_mod_eq_full a m). pose proof (Z_div_mod_eq_full b m).
    rewrite E in *. lia.
Qed.

(** If q i = 1, then q = 0 or q a = 0 say so of 1 or a. *)
Lemma congruent_cancel (m q i a : Z) : congruent m (q * i) 1 -> congruent m (a * q) 0 -> congruent m a 0.
Proof. intros [k I] [l E]. exists (l * i - a * k). transitivity ((a * q) * i - a * (q * i - 1)); [ring |]. rewrite E, I. ring. Qed.

(** Fractions of "integers": S stands for Z, or for polynomials in t with integer coefficients. An x of K has the residue
    a if x q = p for some p and q of S, q invertible and p = a q modulo m. *)
Section Fractions.
  Variable K : numbers.
  Variable eqv : K -> K -> Prop.
  Hypothesis laws : field_over_Q K eqv.
  Local Infix "==" := eqv (at level 70).
  Local Instance equality_instance : Equivalence eqv := equality K eqv laws.
  Local Instance add_instance : Proper (eqv ==> eqv ==> eqv) (@add K) := add_proper K eqv laws.
  Local Instance mul_instance : Proper (eqv ==> eqv ==> eqv) (@mul K) := mul_proper K eqv laws.
  Add Ring K_ring : (ring_laws K eqv laws) (setoid equality_instance (ring_proper K eqv laws)).

  Variable m : Z.
  Hypothesis m_large : 1 < m.
  Variables (S : Type) (plus times : S -> S -> S) (constant : Z -> S) (value : S -> K) (residue : S -> Z).
  Hypothesis value_plus : forall p q, value (plus p q) == add (value p) (value q).
  Hypothesis value_times : forall p q, value (times p q) == mul (value p) (value q).
  Hypothesis value_constant : forall z, value (constant z) == of_Q (inject_Z z).
  Hypothesis residue_plus : forall p q, residue (plus p q) = residue p + residue q.
  Hypothesis residue_times : forall p q, residue (times p q) = residue p * residue q.
  Hypothesis residue_constant : forall z, residue (constant z) = z.
  Hypothesis nonzero : forall p, ~ congruent m (residue p) 0 -> ~ value p == zero.

  Definition fraction_has (x : K) (a : Z) : Prop := exists p q i,
    mul x (value q) == value p /\ congruent m (residue q * i) 1 /\ congruent m (residue p) (a * residue q).

  Lemma fraction_add (x y : K) (a b : Z) : fraction_has x a -> fraction_has y b -> fraction_has (add x y) (a + b).
  Proof.
    intros (p & q & i & E & [k I] & [l C]) (p' & q' & i' & E' & [k' I'] & [l' C']).
    exists (plus (times p q') (times p' q)), (times q q'), (i * i'). repeat split.
    - rewrite value_plus, !value_times, <- E, <- E'. ring.
    - exists (k + k' + k * k' * m). rewrite residue_times.
      transitivity ((residue q * i) * (residue q' * i')); [ring |]. rewrite I, I'. ring.
    - exists (l * residue q' + l' * residue q). rewrite residue_plus, !residue_times, C, C'. ring.
  Qed.

  Lemma fraction_mul (x y : K) (a b : Z) : fraction_has x a -> fraction_has y b -> fraction_has (mul x y) (a * b).
  Proof.
    intros (p & q & i & E & [k I] & [l C]) (p' & q' & i' & E' & [k' I'] & [l' C']).
    exists (times p p'), (times q q'), (i * i'). repeat split.
    - rewrite !value_times, <- E, <- E'. ring.
    - exists (k + k' + k * k' * m). rewrite residue_times.
      transitivity ((residue q * i) * (residue q' * i')); [ring |]. rewrite I, I'. ring.
    - exists (l * b * residue q' + l' * a * residue q + l * l' * m). rewrite !residue_times, C, C'. ring.
  Qed.

  Lemma fraction_nonzero (x : K) (a : Z) : ~ congruent m a 0 -> fraction_has x a -> ~ x == zero.
  Proof.
    intros A (p & q & i & E & I & [l C]) X. apply (nonzero p).
    - intros [n P]. apply A. apply (congruent_cancel m (residue q) i); [exact I |].
      exists (n - l). rewrite P in C. lia.
    - rewrite <- E, X. ring.
  Qed.

  Lemma one_is_not_zero : ~ congruent m 1 0.
  Proof. intros [k E]. destruct (Z.le_gt_cases k 0) as [L | L]; nia. Qed.

  Lemma fraction_inv (x : K) (a j : Z) : congruent m (a * j) 1 -> fraction_has x a -> fraction_has (inv x) j.
  Proof.
    intros [n J] H. assert (X : ~ x == zero).
    { apply (fraction_nonzero x a); [| exact H]. intros [w A]. apply one_is_not_zero. exists (w * j - n).
      transitivity (a * j - n * m); [rewrite J | rewrite A]; ring. }
    destruct H as (p & q & i & E & [k I] & [l C]). exists q, p, (i * j). repeat split.
    - rewrite <- E. transitivity (mul (mul x (inv x)) (value q)); [ring |]. rewrite (inverse K eqv laws x X). ring.
    - exists (l * i * j + n + k + k * n * m). transitivity (a * j * (residue q * i) + l * m * i * j).
      + rewrite C. ring.
      + rewrite I, J. ring.
    - exists (- (j * l) - residue q * n). rewrite C.
      transitivity (residue q + residue q * (a * j - 1) - residue q * n * m); [rewrite J |]; ring.
  Qed.

  Lemma fraction_of_Q (x : Q) (i : Z) : congruent m (Zpos (Qden x) * i) 1 -> fraction_has (of_Q x) (Qnum x * i).
  Proof.
    intros [k I]. exists (constant (Qnum x)), (constant (Zpos (Qden x))), i. rewrite !residue_constant. repeat split.
    - rewrite !value_constant. apply (of_Q_numerator K eqv laws).
    - exists k. exact I.
    - exists (- (Qnum x * k)). transitivity (Qnum x * (Zpos (Qden x) * i) + - (Qnum x * k) * m); [rewrite I |]; ring.
  Qed.

  Definition fraction_place : place K eqv m.
  Proof.
    assert (M : m <> 0) by lia.
    apply (Place K eqv m fraction_has).
    - intros x y a E (p & q & i & H & R). exists p, q, i. rewrite <- E. auto.
    - intros x a b E (p & q & i & H & I & [l C]). exists p, q, i. split; [exact H |]. split; [exact I |].
      apply (congruent_mod m) in E; [| exact M]. destruct E as [n E]. exists (l + n * residue q). rewrite C, E. ring.
    - exact fraction_add.
    - exact fraction_mul.
    - intros x a j J. apply fraction_inv. apply congruent_mod; assumption.
    - intros x i I. apply fraction_of_Q. apply congruent_mod; assumption.
    - intros x a A. apply fraction_nonzero. intro C. apply A. apply congruent_mod in C; [| exact M].
      rewrite C. apply Zmod_0_l.
  Defined.
End Fractions.

(** Rational numbers with a denominator prime to m: S is Z. *)
Definition rational_place (m : Z) (m_large : 1 < m) : place rationals Qeq m.
Proof.
  apply (fraction_place rationals Qeq rationals_field m m_large Z Z.add Z.mul (fun z => z) inject_Z (fun z => z));
    try reflexivity; cbn [number add mul of_Q rationals].
  - intros p q. rewrite Qred_correct, inject_Z_plus. reflexivity.
  - intros p q. rewrite Qred_correct, inject_Z_mult. reflexivity.
  - intros p H E. apply H. exists 0. unfold zero in E. simpl in E.
    assert (P : p = 0) by (apply inject_Z_injective; exact E). lia.
Defined.
