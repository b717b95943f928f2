(** Z[y]/G for a monic polynomial G, and its coordinates: step 2 of docs/explanation/lifting.md. Two polynomials have the same
    remainder if all sequences with the recurrence G take the same value on them. *)

From Coq Require Import List ZArith Lia Ring.
From ExactCNN Require Import Exponentials.
From ExactCNN Require Hensel.
Import ListNotations.
Local Open Scope Z_scope.

(** p_0 u_0 + p_1 u_1 + ... *)
Fixpoint pair (p : list Z) (u : nat -> Z) : Z := match p with [] => 0 | a :: p' => a * u O + pair p' (fun n => u (S n)) end.

Lemma pair_equal p u v : (forall n, (n < length p)%nat -> u n = v n) -> pair p u = pair p v.
Proof.
  revert u v. induction p as [| a p IH]; intros u v H; [reflexivity |]. cbn in *.
  rewrite (H O), (IH (fun n => u (S n)) (fun n => v (S n))); [reflexivity | intros; apply H | ]; lia.
Qed.

Lemma pair_add p q u : pair (list_add p q) u = pair p u + pair q u.
Proof. revert q u. induction p as [| a p IH]; intros [| b q] u; cbn; rewrite ?IH; ring. Qed.

Lemma pair_scale a p u : pair (map (Z.mul a) p) u = a * pair p u.
Proof. revert u. induction p as [| b p IH]; intro u; cbn; rewrite ?IH; ring. Qed.

Lemma pair_opp p u : pair (map Z.opp p) u = - pair p u.
Proof. revert u. induction p as [| b p IH]; intro u; cbn; rewrite ?IH; ring. Qed.

Lemma pair_mul p q u : pair (list_mul p q) u = pair p (fun n => pair q (fun m => u (n + m)%nat)).
Proof.
  revert u. induction p as [| a p IH]; intro u; cbn; [reflexivity |]. rewrite pair_add, pair_scale. cbn. rewrite IH. reflexivity.
Qed.

Lemma pair_linear p a b u v : pair p (fun n => a * u n + b * v n) = a * pair p u + b * pair p v.
Proof.
  revert u v. induction p as [| c p IH]; intros u v; cbn [pair]; [ring |].
  specialize (IH (fun n => u (S n)) (fun n => v (S n))). cbn beta in IH. rewrite IH. ring.
Qed.

Lemma pair_swap p q (w : nat -> nat -> Z) : pair p (fun n => pair q (w n)) = pair q (fun m => pair p (fun n => w n m)).
Proof.
  revert w. induction p as [| a p IH]; intro w; cbn [pair].
  - pose proof (pair_linear q 0 0 (fun _ => 0) (fun _ => 0)) as E. cbn in E. symmetry. exact E.
  - rewrite (IH (fun n => w (S n))), (pair_equal q (fun m => a * w O m + _) (fun m => a * w O m + 1 * pair p (fun n => w (S n) m)))
      by (intros; ring).
    rewrite (pair_linear q a 1 (w O) (fun m => pair p (fun n => w (S n) m))). ring.
Qed.

Section Extension.
  (** g_0, ..., g_(k-1); G = y^k + g_(k-1) y^(k-1) + ... + g_0. *)
  Variable g : list Z.
  Let k := length g.

  Definition recurrent (u : nat -> Z) : Prop := forall n, u (n + k)%nat + pair g (fun i => u (n + i)%nat) = 0.

  Definition same_remainder (p q : list Z) : Prop := forall u, recurrent u -> pair p u = pair q u.

  Definition polynomials : Hensel.ring :=
    Hensel.Ring (list Z) [] [1] list_add list_mul (fun p q => list_add p (map Z.opp q)) (map Z.opp) (fun a => [a]).

  Lemma recurrent_shift u n : recurrent u -> recurrent (fun m => u (n + m)%nat).
  Proof.
    intros H m. rewrite <- (H (n + m)%nat), Nat.add_assoc. f_equal. apply pair_equal. intros i _. rewrite Nat.add_assoc. reflexivity.
  Qed.

  Lemma recurrent_pair q u : recurrent u -> recurrent (fun n => pair q (fun m => u (n + m)%nat)).
  Proof.
    intros H n. rewrite (pair_swap g q (fun i m => u (n + i + m)%nat)).
    rewrite (pair_equal q (fun m => pair g _) (fun m => -1 * u (n + k + m)%nat + 0 * 0)), (pair_linear q (-1) 0 _ (fun _ => 0));
      [ring |].
    intros m _. replace (n + k + m)%nat with (n + m + k)%nat by lia.
    rewrite (pair_equal g _ (fun i => u (n + m + i)%nat)) by (intros; f_equal; lia). specialize (H (n + m)%nat). lia.
  Qed.

  Theorem extension_ring : Hensel.is_ring polynomials same_remainder.
  Proof.
    constructor.
    - constructor; [intros p u U | intros p q H u U | intros p q r H H' u U]; [reflexivity | rewrite H by exact U; reflexivity |].
      rewrite H, H' by exact U. reflexivity.
    - constructor; cbn.
      + intros p p' H q q' H' u U. rewrite !pair_add, H, H' by exact U. reflexivity.
      + intros p p' H q q' H' u U. rewrite !pair_mul.
        rewrite (pair_equal p _ (fun n => pair q' (fun m => u (n + m)%nat))) by (intros n _; apply H', recurrent_shift, U).
        apply H, recurrent_pair, U.
      + intros p p' H u U. rewrite !pair_opp, H by exact U. reflexivity.
    - constructor; cbn; intros; intros u U; rewrite ?pair_add, ?pair_mul, ?pair_add, ?pair_scale, ?pair_opp; cbn [pair]; try ring.
      + rewrite pair_swap. apply pair_equal. intros. apply pair_equal. intros. f_equal. lia.
      + apply pair_equal. intros. rewrite pair_mul. apply pair_equal. intros. apply pair_equal. intros. f_equal. lia.
    - constructor; cbn; intros; intros u U; cbn; try ring. apply Z.eqb_eq in H. rewrite H. reflexivity.
  Qed.

  Theorem monic_is_zero : same_remainder (g ++ [1]) [].
  Proof.
    intros u U. assert (A : forall p v, pair (p ++ [1]) v = v (length p) + pair p v).
    { induction p as [| a p IH]; intro v; cbn [app pair length]; [| rewrite IH]; ring. }
    rewrite A. exact (U O).
  Qed.

  (** The sequence with the given first k values s: what s is n steps on. *)
  Fixpoint window (s : list Z) (n : nat) : list Z :=
    match n with O => s | S n' => let w := window s n' in tl w ++ [- pair g (fun i => nth i w 0)] end.

  Definition continued (s : list Z) (n : nat) : Z := nth O (window s n) 0.

  Lemma window_length s n : (0 < k)%nat -> length s = k -> length (window s n) = k.
  Proof.
    intros K L. induction n as [| n IH]; [exact L |]. cbn [window]. rewrite app_length. cbn [length].
    destruct (window s n); cbn [tl length] in *; lia.
  Qed.

  Lemma continued_window s n i : (0 < k)%nat -> length s = k -> (i < k)%nat -> continued s (n + i) = nth i (window s n) 0.
  Proof.
    intros K L. revert n. induction i as [| i IH]; intros n I; [rewrite Nat.add_0_r; reflexivity |].
    rewrite Nat.add_succ_r, <- Nat.add_succ_l, IH by lia. cbn [window]. pose proof (window_length s n K L) as W.
    destruct (window s n) as [| a w]; cbn [tl nth length] in *; [lia |]. apply app_nth1. lia.
  Qed.

  Lemma continued_recurrent s : (0 < k)%nat -> length s = k -> recurrent (continued s).
  Proof.
    intros K L n. rewrite (pair_equal g _ (fun i => nth i (window s n) 0)) by (intros; apply continued_window; assumption).
    replace (n + k)%nat with (S n + (k - 1))%nat by lia. rewrite continued_window by lia. cbn [window].
    pose proof (window_length s n K L) as W. rewrite app_nth2; destruct (window s n); cbn [tl length] in *; try lia.
    replace (k - 1 - length l)%nat with O by lia. cbn. lia.
  Qed.

  (** The coefficient of y^i in the remainder. *)
  Definition coordinate (i : nat) (p : list Z) : Z := pair p (continued (map (fun j => if Nat.eqb j i then 1 else 0) (seq 0 k))).

  Theorem coordinates : (0 < k)%nat ->
    (forall i p q, same_remainder p q -> coordinate i p = coordinate i q) /\
    (forall i p q, coordinate i (list_add p q) = coordinate i p + coordinate i q) /\
    (forall i a p, coordinate i (list_mul [a] p) = a * coordinate i p) /\
    (forall i p, (length p <= k)%nat -> (i < k)%nat -> coordinate i p = nth i p 0).
  Proof.
    intro K. set (unit := fun i => map (fun j => if Nat.eqb j i then 1 else 0) (seq 0 k)).
    assert (L : forall i, length (unit i) = k) by (intro i; unfold unit; rewrite map_length; apply seq_length).
    split; [| split; [| split]].
    - intros i p q H. apply H, continued_recurrent; [exact K | apply (L i)].
    - intros i p q. apply pair_add.
    - intros i a p. unfold coordinate. rewrite pair_mul. cbn [pair]. apply Z.add_0_r.
    - intros i p P I. unfold coordinate. fold (unit i).
      rewrite (pair_equal _ _ (fun j => if Nat.eqb j i then 1 else 0)).
      + clear. revert i. induction p as [| a p IH]; intros [| i]; cbn; try reflexivity.
        * rewrite (pair_equal p _ (fun n => 0 * 0 + 0 * 0)), (pair_linear p 0 0 (fun _ => 0) (fun _ => 0)) by reflexivity. ring.
        * rewrite IH. ring.
      + intros j J. rewrite <- (Nat.add_0_l j) at 1. rewrite continued_window by (auto; lia). cbn [window]. unfold unit.
        rewrite (nth_indep _ 0 ((fun j => if Nat.eqb j i then 1 else 0) O)) by (rewrite map_length, seq_length; lia).
        rewrite (map_nth (fun j => if Nat.eqb j i then 1 else 0)), seq_nth by lia. reflexivity.
  Qed.
End Extension.
