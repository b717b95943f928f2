(** The hypotheses of theorems about exponentials can be met: Q(t) is a field over Q, and t is transcendental. *)

From Coq Require Import List ZArith QArith Qabs Qreduction Lia Lqa Setoid Morphisms.
From ExactCNN Require Import Numbers Ranks Exponentials Structure.
Import ListNotations.
Local Open Scope Q_scope.
Local Arguments Qabs : simpl never.
Local Arguments Qplus : simpl never.
Local Arguments Qmult : simpl never.
Local Arguments Qinv : simpl never.

Definition zero_poly (c : list Q) := Forall (fun a => a == 0) c.
Lemma zero_poly_dense c s : zero_poly c -> dense s c == 0.
Proof. induction 1 as [| a c A C IH]; simpl; [reflexivity |]. rewrite A, IH. ring. Qed.

Lemma one_not s : ~ dense s [1] == 0.
Proof. intro X. assert (E : dense s [1] == 1) by (simpl; ring). rewrite E in X. discriminate X. Qed.

Lemma large_or_zero (c : list Q) :
  zero_poly c \/ exists B e, 0 < B /\ 0 < e /\ forall s, B <= s -> e <= Qabs (dense s c).
Proof.
  induction c as [| a c [Z | (B & e & PB & Pe & H)]]; [left; constructor | |].
  - destruct (Qeq_dec a 0) as [A | A]; [left; constructor; assumption |]. right.
    exists 1, (Qabs a). split; [lra |]. split.
    + destruct (Qlt_le_dec 0 (Qabs a)) as [L | L]; [exact L |]. exfalso. apply A. apply Qabs_Qle_condition in L. lra.
    + intros s _. simpl. apply Qle_lteq. right. apply Qabs_wd. rewrite (zero_poly_dense c s Z). ring.
  - right. exists (B + (Qabs a + e) / e), e. pose proof (Qabs_nonneg a) as NA.
    assert (P : 0 < (Qabs a + e) / e) by (apply Qlt_shift_div_l; lra).
    split; [lra |]. split; [exact Pe |]. intros s S. simpl.
    assert (SB : B <= s) by lra. specialize (H s SB).
    assert (T : Qabs (s * dense s c) <= Qabs (a + s * dense s c) + Qabs a).
    { assert (E : s * dense s c == (a + s * dense s c) + - a) by ring. rewrite E at 1.
      eapply Qle_trans; [apply Qabs_triangle |]. rewrite Qabs_opp. apply Qle_refl. }
    rewrite Qabs_Qmult, (Qabs_pos s) in T by lra.
    assert (W : (Qabs a + e) / e * e == Qabs a + e) by (field; lra).
    assert (L : (Qabs a + e) / e <= s) by lra. nra.
Qed.

(** Expressions in t; equal if they are so at all large t. *)
Inductive expr := Const (q : Q) | T | Add (x y : expr) | Mul (x y : expr) | Inv (x : expr).
Fixpoint at_ (s : Q) (x : expr) : Q :=
  match x with Const q => q | T => s | Add x y => at_ s x + at_ s y | Mul x y => at_ s x * at_ s y | Inv x => / at_ s x end.
Definition QT : numbers := {| number := expr; add := Add; mul := Mul; inv := Inv; of_Q := Const |}.
Definition same (x y : expr) := exists B, forall s, B <= s -> at_ s x == at_ s y.

Lemma quotient_of_polynomials (x : expr) : exists p q B, ~ zero_poly q /\ forall s, B <= s -> at_ s x * dense s q == dense s p /\ ~ dense s q == 0.
Proof.
  assert (K : forall c, ~ zero_poly c -> exists B, forall s, B <= s -> ~ dense s c == 0).
  { intros c N. destruct (large_or_zero c) as [Z | (B & e & _ & E & H)]; [contradiction |]. exists B. intros s S X.
    specialize (H s S). rewrite X in H. change (Qabs 0) with 0 in H. lra. }
  assert (M : forall p q B B', (forall s, B <= s -> ~ dense s p == 0) -> (forall s, B' <= s -> ~ dense s q == 0) -> ~ zero_poly (dense_mul p q)).
  { intros p q B B' P Q Z. set (s := Qabs B + Qabs B'). pose proof (Qle_Qabs B). pose proof (Qle_Qabs B').
    pose proof (Qabs_nonneg B). pose proof (Qabs_nonneg B').
    pose proof (zero_poly_dense _ s Z) as D. rewrite dense_mul_correct in D. destruct (Qmult_integral _ _ D) as [X | X].
    - apply (P s); [unfold s; lra | exact X]. - apply (Q s); [unfold s; lra | exact X]. }
  assert (One : ~ zero_poly [1]) by (intro Z; inversion_clear Z as [| ? ? X _]; discriminate X).
  induction x as [q | | x (p & q & B & N & H) y (p' & q' & B' & N' & H') | x (p & q & B & N & H) y (p' & q' & B' & N' & H') | x (p & q & B & N & H)].
  - exists [q], [1], 0. split; [exact One |]. intros s S. split; [simpl; ring | apply one_not].
  - exists [0; 1], [1], 0. split; [exact One |]. intros s S. split; [simpl; ring | apply one_not].
  - exists (dense_add (dense_mul p q') (dense_mul p' q)), (dense_mul q q'), (Qabs B + Qabs B').
    pose proof (Qle_Qabs B). pose proof (Qle_Qabs B'). pose proof (Qabs_nonneg B). pose proof (Qabs_nonneg B').
    split; [apply (M q q' B B'); intros s S; [apply H | apply H']; exact S |]. intros s S.
    destruct (H s ltac:(lra)) as [E E0]. destruct (H' s ltac:(lra)) as [E' E0'].
    rewrite dense_add_correct, !dense_mul_correct. split; [simpl; rewrite <- E, <- E'; ring |].
    intro X. destruct (Qmult_integral _ _ X); contradiction.
  - exists (dense_mul p p'), (dense_mul q q'), (Qabs B + Qabs B').
    pose proof (Qle_Qabs B). pose proof (Qle_Qabs B'). pose proof (Qabs_nonneg B). pose proof (Qabs_nonneg B').
    split; [apply (M q q' B B'); intros s S; [apply H | apply H']; exact S |]. intros s S.
    destruct (H s ltac:(lra)) as [E E0]. destruct (H' s ltac:(lra)) as [E' E0'].
    rewrite !dense_mul_correct. split; [simpl; rewrite <- E, <- E'; ring |].
    intro X. destruct (Qmult_integral _ _ X); contradiction.
  - destruct (large_or_zero p) as [Z | (B' & e & _ & Pe & L)].
    + exists [], [1], B. split; [exact One |]. intros s S. destruct (H s S) as [E E0]. rewrite (zero_poly_dense p s Z) in E.
      assert (X : at_ s x == 0) by (destruct (Qmult_integral _ _ E) as [X | X]; [exact X | contradiction]).
      split; [simpl; rewrite X; reflexivity | apply one_not].
    + assert (NP : forall s, B' <= s -> ~ dense s p == 0).
      { intros s S X. specialize (L s S). rewrite X in L. change (Qabs 0) with 0 in L. lra. }
      exists q, p, (Qabs B + Qabs B').
      pose proof (Qle_Qabs B). pose proof (Qle_Qabs B'). pose proof (Qabs_nonneg B). pose proof (Qabs_nonneg B').
      split.
      { intro Z. apply (NP B' (Qle_refl _)). apply zero_poly_dense. exact Z. }
      intros s S. destruct (H s ltac:(lra)) as [E E0]. split; [| apply NP; lra].
      assert (X : ~ at_ s x == 0). { intro X. apply (NP s ltac:(lra)). rewrite <- E, X. ring. }
      simpl. rewrite <- E. field. exact X.
Qed.

Lemma zero_or_not (x : expr) : same x (Const 0) \/ exists B, forall s, B <= s -> ~ at_ s x == 0.
Proof.
  destruct (quotient_of_polynomials x) as (p & q & B & _ & H). destruct (large_or_zero p) as [Z | (B' & e & _ & Pe & L)].
  - left. exists B. intros s S. destruct (H s S) as [E E0]. rewrite (zero_poly_dense p s Z) in E.
    destruct (Qmult_integral _ _ E) as [X | X]; [exact X | contradiction].
  - right. exists (Qabs B + Qabs B'). pose proof (Qle_Qabs B). pose proof (Qle_Qabs B'). pose proof (Qabs_nonneg B). pose proof (Qabs_nonneg B').
    intros s S X. destruct (H s ltac:(lra)) as [E _]. rewrite X in E. assert (B' <= s) by lra. specialize (L s ltac:(lra)).
    rewrite <- E in L. assert (Y : Qabs (0 * dense s q) == 0) by (rewrite Qmult_0_l; reflexivity). lra.
Qed.

Lemma both_large {P R : Q -> Prop} : (exists B, forall s, B <= s -> P s) -> (exists B, forall s, B <= s -> R s) -> exists B, forall s, B <= s -> P s /\ R s.
Proof.
  intros (B & H) (B' & H'). exists (Qabs B + Qabs B'). pose proof (Qle_Qabs B). pose proof (Qle_Qabs B').
  pose proof (Qabs_nonneg B). pose proof (Qabs_nonneg B'). intros s S. split; [apply H | apply H']; lra.
Qed.

Theorem a_field_with_a_transcendental : field_over_Q QT same /\ transcendental QT same T.
Proof.
  split.
  - constructor; unfold one, zero, opp; cbn [number add mul inv of_Q QT]; try (intros; exists 0; intros s _; simpl; ring).
    + split.
      * intro x. exists 0. reflexivity.
      * intros x y (B & H). exists B. intros s S. symmetry. apply H. exact S.
      * intros x y z H H'. destruct (both_large H H') as (B & W). exists B. intros s S. destruct (W s S) as [U V]. rewrite U. exact V.
    + intros x y H x' y' H'. destruct (both_large H H') as (B & W). exists B. intros s S. destruct (W s S) as [U V]. simpl. rewrite U, V. reflexivity.
    + intros x y H x' y' H'. destruct (both_large H H') as (B & W). exists B. intros s S. destruct (W s S) as [U V]. simpl. rewrite U, V. reflexivity.
    + intros x N. destruct (zero_or_not x) as [Z | (B & H)]; [contradiction |]. exists B. intros s S. simpl. apply Qmult_inv_r. apply H. exact S.
    + intros (B & H). specialize (H B (Qle_refl _)). discriminate H.
    + intros p q H. exists 0. intros s _. exact H.
  - intros p N (B & H). assert (E : forall s, at_ s (at_t QT T p) == dense s (map inject_Z p)).
    { clear. intro s. induction p as [| a p IH]; [reflexivity |]. cbn [at_t map dense add mul of_Q QT at_]. rewrite IH. reflexivity. }
    destruct (large_or_zero (map inject_Z p)) as [Z | (B' & e & _ & Pe & L)].
    + clear - N Z. induction N as [a p A | a p N IH]; inversion_clear Z as [| ? ? X Y]; [| apply IH; exact Y].
      apply A. apply inject_Z_injective. exact X.
    + set (s := Qabs B + Qabs B'). pose proof (Qle_Qabs B). pose proof (Qle_Qabs B'). pose proof (Qabs_nonneg B). pose proof (Qabs_nonneg B').
      assert (SB : B <= s) by (unfold s; lra). assert (SB' : B' <= s) by (unfold s; lra).
      specialize (H s SB). specialize (L s SB'). rewrite E in H. simpl in H. rewrite H in L. change (Qabs 0) with 0 in L. lra.
Qed.
