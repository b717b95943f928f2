(** What the patches of a layer say by themselves: Section 2, and a bound of the rank of U for all weights. *)

From Coq Require Import List ZArith QArith Lia Ring Setoid Morphisms.
From ExactCNN Require Import Numbers Ranks Networks RationalRanks Structure.
Import ListNotations.
Local Open Scope nat_scope.

Definition occurs (i : Z) (patch : list Z) : bool := existsb (Z.eqb i) patch.

Lemma occurs_iff (i : Z) (patch : list Z) : occurs i patch = true <-> In i patch.
Proof.
  unfold occurs. rewrite existsb_exists. split; [| intro I; exists i; split; [exact I | apply Z.eqb_refl]].
  intros (s & I & E). apply Z.eqb_eq in E. subst s. exact I.
Qed.

Section Zero_block.
  Variable K : numbers.
  Variable eqv : K -> K -> Prop.
  Hypothesis laws : field_over_Q K eqv.
  Local Infix "==" := eqv (at level 70).
  Local Instance equality_instance : Equivalence eqv := equality K eqv laws.
  Local Instance add_instance : Proper (eqv ==> eqv ==> eqv) (@add K) := add_proper K eqv laws.
  Local Instance mul_instance : Proper (eqv ==> eqv ==> eqv) (@mul K) := mul_proper K eqv laws.
  Add Ring K_ring : (ring_laws K eqv laws) (setoid equality_instance (ring_proper K eqv laws)).

  (** A row with 0 in one column. *)
  Definition without (column : nat) (row : list K) : list K :=
    map (fun j => if Nat.eqb j column then zero else nth j row zero) (seq 0 (length row)).

  Lemma nth_without (column j : nat) (row : list K) :
    nth j (without column row) zero = if Nat.eqb j column then zero else nth j row zero.
  Proof.
    unfold without. destruct (Nat.lt_ge_cases j (length row)) as [J | J].
    - set (f := fun j => _). rewrite (nth_indep _ zero (f O)) by (rewrite map_length, seq_length; exact J).
      rewrite map_nth, seq_nth by exact J. reflexivity.
    - rewrite nth_overflow by (rewrite map_length, seq_length; exact J). rewrite (nth_overflow row) by exact J.
      destruct (Nat.eqb j column); reflexivity.
  Qed.

  (** All entries outside of these rows and columns are 0. *)
  Lemma rank_at_most_by_cover (columns rows : list nat) (F : matrix K) :
    (forall i j, ~ In i rows -> ~ In j columns -> nth j (nth i F []) zero == zero) ->
    rank_at_most eqv F (length rows + length columns).
  Proof.
    revert F. induction columns as [| column columns IH]; intros F Z.
    - destruct (rank_at_most_rows K eqv laws (selected rows F)) as (basis & L & B).
      unfold selected in L; rewrite map_length in L. rewrite Nat.add_0_r. exists basis. split; [exact L |].
      rewrite Forall_forall in B. apply Forall_forall. intros row I. destruct (In_nth F row [] I) as (i & _ & <-).
      destruct (in_dec Nat.eq_dec i rows) as [R | R].
      + destruct (B (nth i F []) (in_map (fun i => nth i F []) rows i R)) as (c & C & E).
        exists c. split; [rewrite C; apply map_length | exact E].
      + exists (repeat zero (length rows)). split; [apply repeat_length |]. intro j.
        rewrite (combination_with_zeros K eqv laws), (Z i j R); [reflexivity | intros [] |].
        apply Forall_forall. intros x X. apply repeat_spec in X. rewrite X. reflexivity.
    - destruct (IH (map (without column) F)) as (basis & L & B).
      { intros i j R C. change (@nil K) with (without column []). rewrite map_nth, nth_without.
        destruct (Nat.eqb_spec j column) as [-> | N]; [reflexivity |].
        apply Z; [exact R |]. intros [E | E]; [congruence | contradiction]. }
      exists ((repeat zero column ++ [one]) :: basis). split; [simpl; lia |].
      rewrite Forall_forall in B. apply Forall_forall. intros row I.
      destruct (B (without column row) (in_map _ _ _ I)) as (c & C & E).
      exists (nth column row zero :: c). split; [simpl; lia |]. intro j. cbn [combination]. rewrite <- E, nth_without.
      destruct (Nat.eqb_spec j column) as [-> | N].
      + rewrite app_nth2, repeat_length, Nat.sub_diag by (rewrite repeat_length; lia). simpl. ring.
      + assert (U : nth j (repeat zero column ++ [one]) zero = (zero : K)).
        { destruct (Nat.lt_ge_cases j column) as [J | J].
          - rewrite app_nth1 by (rewrite repeat_length; exact J). apply nth_repeat.
          - apply nth_overflow. rewrite app_length, repeat_length. simpl. lia. }
        rewrite U. ring.
  Qed.

  Lemma weight_of_unread (weights : list (list K)) (patch : list Z) (t i : nat) : ~ In (Z.of_nat i) patch ->
    weight_of K weights patch t i == zero.
  Proof.
    unfold weight_of. revert weights. induction patch as [| s patch IH]; intros weights N; [reflexivity |].
    destruct weights as [| w weights]; [reflexivity |]. cbn [combine map total fold_right fst].
    destruct (Z.eqb_spec s (Z.of_nat i)) as [-> | _]; [exfalso; apply N; left; reflexivity |].
    change (add zero (total K (map (fun pair => if Z.eqb (fst pair) (Z.of_nat i) then nth t (snd pair) zero else zero)
      (combine patch weights))) == zero).
    rewrite IH; [ring | intro I; apply N; right; exact I].
  Qed.

  Definition columns_of_patches (T : nat) (chosen : list nat) : list nat :=
    concat (map (fun p => seq (p * T) T) chosen).

  Lemma entry_outside (weights : list (list K)) (T i : nat) (chosen : list nat) (patches : list (list Z)) (s j : nat) :
    Forall (fun numbered => In (fst numbered) chosen \/ ~ In (Z.of_nat i) (snd numbered))
      (combine (seq s (length patches)) patches) ->
    ~ In (s * T + j) (columns_of_patches T chosen) ->
    nth j (concat (map (fun patch => map (fun t => weight_of K weights patch t i) (seq 0 T)) patches)) zero == zero.
  Proof.
    revert s j. induction patches as [| patch patches IH]; intros s j A N; [destruct j; reflexivity |].
    cbn [length seq combine] in A. inversion_clear A as [| ? ? H A']. cbn [map concat].
    destruct (Nat.lt_ge_cases j T) as [J | J].
    - rewrite app_nth1 by (rewrite map_length, seq_length; exact J). destruct H as [H | H].
      + exfalso. apply N. apply in_concat. exists (seq (s * T) T). split; [| apply in_seq; lia].
        exact (in_map (fun p => seq (p * T) T) _ _ H).
      + set (f := fun t => _). rewrite (nth_indep _ zero (f O)) by (rewrite map_length, seq_length; exact J).
        rewrite map_nth, seq_nth by exact J. apply weight_of_unread. exact H.
    - rewrite app_nth2 by (rewrite map_length, seq_length; exact J). rewrite map_length, seq_length.
      apply (IH (S s)); [exact A' |]. replace (S s * T + (j - T)) with (s * T + j) by lia. exact N.
  Qed.

  (** The test: every patch is chosen, or reads none but the chosen neurons, and padding. *)
  Definition is_cover (patches : list (list Z)) (neurons chosen : list nat) : bool :=
    let own := map Z.of_nat neurons in
    forallb (fun numbered => if existsb (Nat.eqb (fst numbered)) chosen then true
                             else forallb (fun s => (s <? 0)%Z || occurs s own) (snd numbered))
      (combine (seq 0 (length patches)) patches).

  Lemma rank_at_most_by_neurons_and_patches (n T : nat) (patches : list (list Z)) (weights : list (list K))
    (neurons chosen : list nat) : is_cover patches neurons chosen = true ->
    rank_at_most eqv (full_weight_matrix K n patches T weights) (length neurons + length chosen * T).
  Proof.
    intro C. replace (length chosen * T) with (length (columns_of_patches T chosen)).
    2: { clear. unfold columns_of_patches. induction chosen as [| p chosen IH]; simpl; [reflexivity |].
         rewrite app_length, seq_length, IH. reflexivity. }
    apply rank_at_most_by_cover. intros i j R N. unfold full_weight_matrix.
    destruct (Nat.lt_ge_cases i n) as [I | I].
    - set (f := fun neuron => _). rewrite (nth_indep _ [] (f O)) by (rewrite map_length, seq_length; exact I).
      rewrite map_nth, seq_nth by exact I. apply (entry_outside weights T i chosen patches O j); [| exact N].
      unfold is_cover in C. cbv zeta in C. rewrite forallb_forall in C. apply Forall_forall. intros [p patch] P. apply C in P.
      cbn [fst snd] in *. destruct (existsb _ _) eqn:E in P.
      + left. apply existsb_exists in E. destruct E as (q & Q & E). apply Nat.eqb_eq in E. subst q. exact Q.
      + right. intro M. rewrite forallb_forall in P. apply P in M. apply orb_prop in M. destruct M as [M | M].
        * apply Z.ltb_lt in M. lia.
        * apply occurs_iff, in_map_iff in M. destruct M as (k & E' & M). apply Nat2Z.inj in E'. subst k. contradiction.
    - rewrite (nth_overflow (map _ _)) by (rewrite map_length, seq_length; exact I). destruct j; reflexivity.
  Qed.
End Zero_block.

(** For all weights: what is not 0 in U lies in the rows of these neurons and the T columns of each of these patches. *)
Theorem weight_matrix_by_cover n patches T slots w neurons chosen : is_cover patches neurons chosen = true ->
  rank_from_above (weight_matrix n patches T slots w) (length neurons + length chosen * T).
Proof. apply (rank_at_most_by_neurons_and_patches rationals Qeq rationals_field). Qed.

(** Up to padding these are the same neurons. *)
Definition same_neurons (a b : list Z) : Prop := forall i, (0 <= i)%Z -> (In i a <-> In i b).

(** Section 2, for patches of n neurons, 0 to n - 1: no padding, no neuron twice in a patch, every neuron in some patch,
    and no two patches of the same neurons. *)
Definition satisfies_section_2 (n : nat) (patches : list (list Z)) : Prop :=
  (forall patch i, In patch patches -> In i patch -> (0 <= i < Z.of_nat n)%Z) /\
  (forall patch, In patch patches -> NoDup patch) /\
  (forall i, (0 <= i < Z.of_nat n)%Z -> exists patch, In patch patches /\ In i patch) /\
  (forall p q, p < q < length patches -> ~ same_neurons (nth p patches []) (nth q patches [])).

(** The three ways to violate it. *)
Definition is_uncovered (n : nat) (patches : list (list Z)) (i : nat) : Prop :=
  i < n /\ forall patch, In patch patches -> ~ In (Z.of_nat i) patch.

Definition are_identical (patches : list (list Z)) (p q : nat) : Prop :=
  p <> q /\ p < length patches /\ q < length patches /\ same_neurons (nth p patches []) (nth q patches []).

Definition has_padding (patches : list (list Z)) (p : nat) : Prop :=
  exists s, In s (nth p patches []) /\ (s < 0)%Z.

Definition is_part (a b : list Z) : bool := forallb (fun i => (i <? 0)%Z || occurs i b) a.

Definition same (a b : list Z) : bool := if is_part a b then is_part b a else false.

Lemma is_part_iff (a b : list Z) : is_part a b = true <-> forall i, (0 <= i)%Z -> In i a -> In i b.
Proof.
  unfold is_part. rewrite forallb_forall. split; intros H i.
  - intros P I. apply H, orb_prop in I. destruct I as [I | I]; [apply Z.ltb_lt in I; lia | apply occurs_iff; exact I].
  - intro I. destruct (Z.ltb_spec i 0) as [N | P]; [reflexivity | apply occurs_iff, (H i P I)].
Qed.

Lemma same_iff (a b : list Z) : same a b = true <-> same_neurons a b.
Proof.
  unfold same. split.
  - destruct (is_part a b) eqn:E; [| discriminate]. intros E' i P. rewrite is_part_iff in E, E'. split; auto.
  - intro S. assert (A : is_part a b = true) by (apply is_part_iff; intros i P; apply S; exact P).
    rewrite A. apply is_part_iff. intros i P. apply S. exact P.
Qed.

Fixpoint all_once (patch : list Z) : bool :=
  match patch with [] => true | i :: rest => negb (occurs i rest) && all_once rest end.

Fixpoint all_distinct (patches : list (list Z)) : bool :=
  match patches with [] => true | patch :: rest => negb (existsb (same patch) rest) && all_distinct rest end.

Definition section_2_test (n : nat) (patches : list (list Z)) : bool :=
  forallb (forallb (fun i => (0 <=? i)%Z && (i <? Z.of_nat n)%Z)) patches && forallb all_once patches &&
  forallb (fun i => existsb (occurs (Z.of_nat i)) patches) (seq 0 n) && all_distinct patches.

Theorem section_2_holds n patches : section_2_test n patches = true -> satisfies_section_2 n patches.
Proof.
  intro H. unfold section_2_test in H. repeat (apply andb_prop in H; destruct H as [H ?H]).
  rename H into B, H2 into O, H1 into C, H0 into D. rewrite forallb_forall in B, O, C. repeat split.
  - apply B in H. rewrite forallb_forall in H. apply H, andb_prop in H0. apply Z.leb_le. apply H0.
  - apply B in H. rewrite forallb_forall in H. apply H, andb_prop in H0. apply Z.ltb_lt. apply H0.
  - intros patch I. apply O in I. clear - I. induction patch as [| i patch IH]; constructor; apply andb_prop in I; destruct I as [N I].
    + intro M. apply occurs_iff in M. rewrite M in N. discriminate N.
    + apply IH. exact I.
  - intros i I. assert (S : In (Z.to_nat i) (seq 0 n)) by (apply in_seq; lia).
    apply C, existsb_exists in S. destruct S as (patch & P & M). rewrite Z2Nat.id in M by lia.
    exists patch. split; [exact P | apply occurs_iff; exact M].
  - clear - D. induction patches as [| patch patches IH]; intros p q [PQ L]; [simpl in L; lia |].
    apply andb_prop in D. destruct D as [N D]. destruct q as [| q]; [lia |]. simpl in L. destruct p as [| p].
    + intro S. apply same_iff in S. apply negb_true_iff in N. rewrite <- not_true_iff_false in N. apply N, existsb_exists.
      exists (nth q patches []). split; [apply nth_In; lia | exact S].
    + apply (IH D). lia.
Qed.

Theorem section_2_uncovered n patches neurons :
  negb (Nat.eqb (length neurons) 0) &&
  forallb (fun i => Nat.ltb i n && negb (existsb (occurs (Z.of_nat i)) patches)) neurons = true ->
  Forall (is_uncovered n patches) neurons /\ ~ satisfies_section_2 n patches.
Proof.
  intro H. apply andb_prop in H. destruct H as [N H]. rewrite forallb_forall in H.
  assert (U : Forall (is_uncovered n patches) neurons).
  { apply Forall_forall. intros i I. apply H, andb_prop in I. destruct I as [L I].
    split; [apply Nat.ltb_lt; exact L |]. intros patch P M. apply negb_true_iff in I.
    rewrite <- not_true_iff_false in I. apply I, existsb_exists. exists patch. split; [exact P | apply occurs_iff; exact M]. }
  split; [exact U |]. intros (_ & _ & C & _). destruct U as [| i neurons [L U] _]; [discriminate N |].
  destruct (C (Z.of_nat i)) as (patch & P & M); [lia | exact (U patch P M)].
Qed.

Theorem section_2_identical n patches p q :
  negb (Nat.eqb p q) && Nat.ltb p (length patches) && Nat.ltb q (length patches) &&
  same (nth p patches []) (nth q patches []) = true ->
  are_identical patches p q /\ ~ satisfies_section_2 n patches.
Proof.
  intro H. repeat (apply andb_prop in H; destruct H as [H ?H]). apply negb_true_iff, Nat.eqb_neq in H.
  apply Nat.ltb_lt in H1, H2. apply same_iff in H0. split; [repeat split; auto; apply H0; auto |].
  intros (_ & _ & _ & D). destruct (Nat.lt_gt_cases p q) as [C _]. destruct (C H) as [L | L].
  - apply (D p q); auto.
  - apply (D q p); [auto |]. intros i P. split; apply H0; exact P.
Qed.

Theorem section_2_padding n patches chosen :
  negb (Nat.eqb (length chosen) 0) &&
  forallb (fun p => existsb (fun s => (s <? 0)%Z) (nth p patches [])) chosen = true ->
  Forall (has_padding patches) chosen /\ ~ satisfies_section_2 n patches.
Proof.
  intro H. apply andb_prop in H. destruct H as [N H]. rewrite forallb_forall in H.
  assert (P : Forall (has_padding patches) chosen).
  { apply Forall_forall. intros p I. apply H, existsb_exists in I. destruct I as (s & I & S).
    exists s. split; [exact I | apply Z.ltb_lt; exact S]. }
  split; [exact P |]. intros (B & _). destruct P as [| p chosen (s & I & S) _]; [discriminate N |].
  assert (L : p < length patches).
  { destruct (Nat.lt_ge_cases p (length patches)) as [L | L]; [exact L |]. rewrite nth_overflow in I by exact L. destruct I. }
  specialize (B _ s (nth_In patches [] L) I). lia.
Qed.
