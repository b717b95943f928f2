(** The example of docs/explanation/lifting.md: three patches with padding, two filters, and a zero modulo 11. *)

From Coq Require Import List ZArith QArith Znumtheory Lia.
From ExactCNN Require Import Numbers Ranks Hensel Kernels Lifting Extension AllWeights.
Import ListNotations.
Local Open Scope nat_scope.

Definition slots : list slot := [Slot 0 0 [0]; Slot 1 0 [1]; Slot 2 1 [0]].

Definition residues (s t : nat) : Z := nth t (nth s [[1; 0]; [0; 1]; [1; 9]]%Z []) 0%Z.

Definition patches : list (list nat) := [[0]; [1]; [2]].

Definition read (r : nat) (x : list nat) : option nat :=
  match r, x with
  | 0, [1] => Some 0 | 0, [2] => Some 1 | 1, [0] => Some 2 | 1, [1] => Some 3 | 1, [2] => Some 4
  | _, _ => None
  end.

Definition point (i : nat) : integers := nth i [5; 2; 1]%Z 0%Z.

Definition right_inverse (r i : nat) : integers := nth i (nth r [[6; 0; 0]; [3; 0; 5]]%Z []) 0%Z.

Lemma prime_11 : prime 11.
Proof.
  constructor; [lia |]. intros n H.
  assert (C : (n = 1 \/ n = 2 \/ n = 3 \/ n = 4 \/ n = 5 \/ n = 6 \/ n = 7 \/ n = 8 \/ n = 9 \/ n = 10)%Z) by lia.
  repeat destruct C as [-> | C]; try rewrite C; apply Zgcd_1_rel_prime; reflexivity.
Qed.

Ltac by_division := match goal with |- modulo _ _ ?x ?x' => exists ((x - x') / 11)%Z; vm_compute; reflexivity end.

Theorem rank_is_at_most_five (weights : nat -> nat -> Z) (r : nat) :
  rank_at_least (K := rationals) Qeq (map (map inject_Z) (weight_matrix 2 slots patches read weights (seq 0 5))) r -> r + 1 <= 6.
Proof.
  apply (rank_for_all_weights integers eq integers_ring 1 2 slots patches read residues) with
    (p := 11%Z) (y := point) (read_rows := [0; 1]) (R := right_inverse) (coordinate := fun _ x => x); try reflexivity.
  - repeat constructor; cbn; intuition discriminate.
  - intros p [<- | [<- | [<- | []]]]; reflexivity.
  - intros s [<- | [<- | [<- | []]]]; reflexivity.
  - intros n p s s' [<- | [<- | [<- | []]]] [<- | [<- | [<- | []]]] [<- | [<- | [<- | []]]] H E; try discriminate;
      solve [exists [0]; cbn; auto | exists [1]; cbn; auto | exists [2]; cbn; auto 6].
  - exact prime_11.
  - repeat constructor; cbn; intuition discriminate.
  - intros r' (n & p & s & _ & [<- | [<- | [<- | []]]] & _ & <-); cbn; auto.
  - intros r' [<- | [<- | []]]; by_division.
  - intros r' s [<- | [<- | []]] [<- | [<- | []]]; by_division.
  - intros i x x' ->. reflexivity.
  - intros b H i I. destruct (H 0) as [c C]; [cbn; lia |]. cbn in C. replace i with 0 by lia. exists (6 * c - b O)%Z. lia.
Qed.
Print Assumptions rank_is_at_most_five.

(** Two kernel vectors, from z = y in GF(11)[y]/(y^2 + 1): two patches of one slot and two filters, v_0 + 3 v_1 = 0. *)
Definition i_squared : list Z := [1; 0]%Z.

Definition simple_read (r : nat) (x : list nat) : option nat := match x with [n] => Some n | _ => None end.

Theorem rank_is_at_most_two (weights : nat -> nat -> Z) (r : nat) :
  rank_at_least (K := rationals) Qeq
    (map (map inject_Z) (weight_matrix 2 [Slot 0 0 [0]] [[0]; [1]] simple_read weights [0; 1])) r -> r + 2 <= 4.
Proof.
  destruct (coordinates i_squared) as (proper & additive & scaled & _); [cbn; lia |].
  apply (rank_for_all_weights polynomials (same_remainder i_squared) (extension_ring i_squared) 1 2 [Slot 0 0 [0]] [[0]; [1]]
    simple_read (fun _ t => nth t [1; 3]%Z 0%Z)) with (p := 11%Z) (y := fun i => nth i [[0; 1]; [-3]; [1]]%Z []) (read_rows := [0])
    (R := fun _ i => nth i [[]; [1]; []]%Z []) (coordinate := coordinate i_squared); try assumption.
  - repeat constructor; cbn; intuition discriminate.
  - intros p [<- | [<- | []]]; reflexivity.
  - intros s [<- | []]; reflexivity.
  - intros n p s s' P [<- | []] [<- | []] _ _. exists p. auto.
  - exact prime_11.
  - repeat constructor. intros [].
  - intros r' (n & p & s & _ & [<- | []] & _ & <-). left. reflexivity.
  - intros r' [<- | []]. exists []. intros u _. cbn. lia.
  - intros r' s [<- | []] [<- | []]. exists []. intros u _. cbn. lia.
  - intros b H i I. pose proof (H 1) as H1. pose proof (H 3) as H3. cbn in H1, H3.
    destruct i as [| [| i]]; [| | lia].
    + replace (b 0) with (b 0%nat * 1 + (b 1%nat * 0 + 0))%Z by ring. apply H1. lia.
    + replace (b 1) with (b 0%nat * 0 + (b 1%nat * 1 + 0))%Z by ring. apply H3. lia.
Qed.
Print Assumptions rank_is_at_most_two.
