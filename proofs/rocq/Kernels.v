(** The rank of an integer matrix from above by kernel vectors modulo p^N, for all N: step 4 of docs/explanation/lifting.md. *)

From Coq Require Import List ZArith QArith Lia Znumtheory Zpow_facts Ring Bool.
From ExactCNN Require Import Numbers Ranks RationalRanks Agreement.
From ExactCNN Require Hensel Names.
Import ListNotations.
Local Open Scope Z_scope.

(** Z as one of the commutative rings of Hensel.v. *)
Definition integers : Hensel.ring := Hensel.Ring Z 0 1 Z.add Z.mul Z.sub Z.opp (fun z => z).

Lemma integers_ring : Hensel.is_ring integers eq.
Proof.
  constructor; cbn; [apply eq_equivalence | apply (Eq_ext Z.add Z.mul Z.opp) | apply InitialRing.Zth |].
  constructor; try reflexivity. intros x y E. apply Z.eqb_eq. exact E.
Qed.

Definition total (f : nat -> Z) (l : list nat) : Z := Hensel.sum (B := integers) f l.

Lemma total_equal f g l : (forall i, In i l -> f i = g i) -> total f l = total g l.
Proof. apply (Hensel.sum_equal integers eq integers_ring). Qed.

Lemma total_zero f l : (forall i, In i l -> f i = 0) -> total f l = 0.
Proof. apply (Hensel.sum_zero integers eq integers_ring). Qed.

Lemma total_add f g l : total (fun i => f i + g i) l = total f l + total g l.
Proof. apply (Hensel.sum_add integers eq integers_ring f g). Qed.

Lemma total_scale f x l : total (fun i => x * f i) l = x * total f l.
Proof. apply (Hensel.sum_scale integers eq integers_ring f). Qed.

Lemma total_swap f l l' : total (fun i => total (f i) l') l = total (fun j => total (fun i => f i j) l) l'.
Proof. apply (Hensel.sum_swap integers eq integers_ring f). Qed.

Lemma total_exchange a b (M : nat -> nat -> Z) l l' :
  total (fun j => a j * total (fun i => b i * M i j) l) l' = total (fun i => b i * total (fun j => a j * M i j) l') l.
Proof.
  rewrite (total_equal _ (fun j => total (fun i => a j * (b i * M i j)) l)) by (intros; symmetry; apply total_scale).
  rewrite total_swap. apply total_equal. intros i _. rewrite <- total_scale. apply total_equal. intros. ring.
Qed.

Lemma total_single f l i : NoDup l -> In i l -> (forall j, In j l -> j <> i -> f j = 0) -> total f l = f i.
Proof. apply (Hensel.sum_single integers eq integers_ring). Qed.

Lemma total_app f l l' : total f (l ++ l') = total f l + total f l'.
Proof. unfold total, Hensel.sum. induction l as [| i l IH]; cbn in *; [| rewrite IH]; ring. Qed.

Lemma total_last f n : total f (seq 0 (S n)) = total f (seq 0 n) + f n.
Proof. rewrite seq_S, total_app. cbn. ring. Qed.

Lemma total_shift f r k : total f (seq r k) = total (fun i => f (r + i)%nat) (seq 0 k).
Proof. induction k as [| k IH]; [reflexivity |]. rewrite !seq_S, !total_app, IH. reflexivity. Qed.

Lemma total_divided p f l : (forall i, In i l -> (p | f i)) -> (p | total f l).
Proof.
  intro H. induction l as [| i l IH]; [apply Z.divide_0_r |].
  apply (Z.divide_add_r p (f i) (total f l)); [apply H; left; reflexivity | apply IH; intros j I; apply H; right; exact I].
Qed.

(** Entry (i, l) of the diagonal matrix of D. *)
Definition delta (D : Z) (i l : nat) : Z := if Nat.eqb i l then D else 0.

(** r rows of length n are dependent, or have a right inverse, up to a factor D. *)
Lemma right_inverse (n : nat) (M : nat -> nat -> Z) (r : nat) :
  (exists c, (exists i, (i < r)%nat /\ c i <> 0) /\ forall j, (j < n)%nat -> total (fun i => c i * M i j) (seq 0 r) = 0) \/
  (exists D C, D <> 0 /\ forall i l, (i < r)%nat -> (l < r)%nat -> total (fun j => M i j * C j l) (seq 0 n) = delta D i l).
Proof.
  induction r as [| r [(c & (i & I & N) & H) | (D & C & ND & H)]].
  - right. exists 1, (fun _ _ => 0). split; [lia | intros; lia].
  - left. exists (fun i => if Nat.eqb i r then 0 else c i). split.
    + exists i. split; [lia |]. destruct (Nat.eqb_spec i r); [lia | exact N].
    + intros j J. rewrite total_last, Nat.eqb_refl, Z.mul_0_l, Z.add_0_r, <- (H j J). apply total_equal.
      intros i' I'. apply in_seq in I'. destruct (Nat.eqb_spec i' r); [lia | reflexivity].
  - set (m := fun l => total (fun j => M r j * C j l) (seq 0 n)).
    set (rest := fun j => D * M r j - total (fun l => m l * M l j) (seq 0 r)).
    destruct (Forall_Exists_dec (fun j => rest j = 0) (fun j => Z.eq_dec (rest j) 0) (seq 0 n)) as [A | E].
    + left. exists (fun i => if Nat.eqb i r then D else - m i). split.
      * exists r. rewrite Nat.eqb_refl. split; [lia | exact ND].
      * intros j J. rewrite total_last, Nat.eqb_refl. rewrite Forall_forall in A.
        rewrite <- (A j) by (apply in_seq; lia). unfold rest.
        rewrite (total_equal _ (fun i => -1 * (m i * M i j))), total_scale; [ring |].
        intros i I. apply in_seq in I. destruct (Nat.eqb_spec i r); [lia | ring].
    + right. apply Exists_exists in E. destruct E as (j0 & J & N). set (q := rest j0) in *.
      set (x := fun j => delta D j j0 - total (fun l => M l j0 * C j l) (seq 0 r)).
      assert (X : forall i, total (fun j => M i j * x j) (seq 0 n) =
        D * M i j0 - total (fun l => M l j0 * total (fun j => M i j * C j l) (seq 0 n)) (seq 0 r)).
      { intro i. rewrite (total_equal _ (fun j => M i j * delta D j j0 + -1 * (M i j * total (fun l => M l j0 * C j l) (seq 0 r))))
          by (intros; unfold x; ring).
        rewrite total_add, total_scale, (total_exchange _ _ (fun l j => C j l)), (total_single _ _ j0); auto using seq_NoDup.
        - unfold delta. rewrite Nat.eqb_refl. ring.
        - intros j _ K. unfold delta. destruct (Nat.eqb_spec j j0); [contradiction | ring]. }
      assert (X0 : forall i, (i < r)%nat -> total (fun j => M i j * x j) (seq 0 n) = 0).
      { intros i I. rewrite X, (total_single _ _ i), H; auto.
        - unfold delta. rewrite Nat.eqb_refl. ring.
        - apply seq_NoDup.
        - apply in_seq. lia.
        - intros l L K. apply in_seq in L. rewrite H by lia. unfold delta. destruct (Nat.eqb_spec i l); [congruence | ring]. }
      assert (Xr : total (fun j => M r j * x j) (seq 0 n) = q).
      { rewrite X. unfold q, rest. f_equal. apply total_equal. intros l _. apply Z.mul_comm. }
      exists (q * D), (fun j l => if Nat.eqb l r then D * x j else q * C j l - m l * x j). split; [nia |].
      intros i l I L. destruct (Nat.eqb_spec l r) as [-> | K].
      * rewrite (total_equal _ (fun j => D * (M i j * x j))), total_scale by (intros; ring).
        destruct (Nat.eq_dec i r) as [-> | K]; [rewrite Xr; unfold delta; rewrite Nat.eqb_refl; ring |].
        rewrite X0 by lia. unfold delta. destruct (Nat.eqb_spec i r); [contradiction | ring].
      * rewrite (total_equal _ (fun j => q * (M i j * C j l) + - m l * (M i j * x j))), total_add, !total_scale by (intros; ring).
        destruct (Nat.eq_dec i r) as [-> | K'].
        -- rewrite Xr. fold (m l). unfold delta. destruct (Nat.eqb_spec r l); [congruence | ring].
        -- rewrite X0, H by lia. unfold delta. destruct (Nat.eqb i l); ring.
Qed.

(** A combination of integer rows, in the words of Ranks.v. *)
Lemma entry_of_integers (c : nat -> Z) (v : nat -> Z) (rows : nat -> list Q) j l :
  (forall i, In i l -> (nth j (rows i) 0 == inject_Z (v i))%Q) ->
  (entry (map (fun i => inject_Z (c i)) l) (map rows l) j == inject_Z (total (fun i => (c i * v i)%Z) l))%Q.
Proof.
  intro H. induction l as [| i l IH]; [reflexivity |]. cbn [map]. rewrite entry_cons, IH by (intros i' I; apply H; right; exact I).
  rewrite H by (left; reflexivity). change (total (fun i => c i * v i) (i :: l)) with (c i * v i + total (fun i => c i * v i) l).
  rewrite inject_Z_plus, inject_Z_mult. reflexivity.
Qed.

Lemma listed {A} (d : A) l : map (fun i => nth i l d) (seq 0 (length l)) = l.
Proof. induction l as [| a l IH]; [reflexivity |]. cbn. rewrite <- seq_shift, map_map. cbn. rewrite IH. reflexivity. Qed.

(** More integer vectors than coordinates are dependent. *)
Lemma integer_relation (n m : nat) (V : nat -> nat -> Z) : (n < m)%nat -> exists x, (exists i, (i < m)%nat /\ x i <> 0) /\
  forall j, (j < n)%nat -> total (fun i => x i * V i j) (seq 0 m) = 0.
Proof.
  intro L. set (rows := fun i => map (fun j => inject_Z (V i j)) (seq 0 n)).
  destruct (more_rows_than_columns n (map rows (seq 0 m))) as (c & Lc & N & H).
  - apply Forall_forall. intros row I. apply in_map_iff in I. destruct I as (i & <- & _).
    unfold rows. rewrite map_length. apply seq_length.
  - rewrite map_length, seq_length. exact L.
  - rewrite map_length, seq_length in Lc. rewrite <- (listed 0%Q c), Lc in N, H. set (a := fun i => nth i c 0%Q) in *.
    destruct (Names.common_multiple (fun i => Qden (a i)) (seq 0 m)) as (D & P & F).
    set (x := fun i => Qnum (a i) * (D / Zpos (Qden (a i)))).
    assert (X : forall i, In i (seq 0 m) -> (inject_Z (x i) == inject_Z D * a i)%Q).
    { intros i I. destruct (F i I) as [b E]. unfold x, Qeq. cbn [Qnum Qden inject_Z Qmult].
      rewrite Pos.mul_1_l, Z.mul_1_r, E, Z_div_mult by lia. ring. }
    exists x. split.
    + apply neg_Forall_Exists_neg in N; [| intro; apply Qeq_dec]. apply Exists_exists in N. destruct N as (b & I & N).
      apply in_map_iff in I. destruct I as (i & <- & I). exists i. split; [apply in_seq in I; lia |]. intro Z. apply N.
      assert (E : (inject_Z D * a i == 0)%Q) by (rewrite <- X, Z by exact I; reflexivity).
      apply Qmult_integral in E. destruct E as [E | E]; [| exact E]. apply (inject_Z_injective D 0) in E. lia.
    + intros j J. apply (inject_Z_injective _ 0). rewrite <- (entry_of_integers x (fun i => V i j) rows j).
      * transitivity (inject_Z D * entry (map a (seq 0 m)) (map rows (seq 0 m)) j)%Q; [| rewrite H; cbn; ring].
        clear - X. induction (seq 0 m) as [| i l IH]; cbn [map]; [cbn; ring |].
        rewrite !entry_cons, IH, X by (try (left; reflexivity); intros i' I; apply X; right; exact I). ring.
      * intros i _. unfold rows. rewrite (nth_indep _ 0%Q (inject_Z (V i O))) by (rewrite map_length, seq_length; exact J).
        rewrite (map_nth (fun j => inject_Z (V i j))), seq_nth by exact J. reflexivity.
Qed.

(** What p divides in all coefficients can be taken out. *)
Lemma primitive (p : Z) (m : nat) (x : nat -> Z) : 1 < p -> (exists i, (i < m)%nat /\ x i <> 0) ->
  exists q y, q <> 0 /\ (forall i, (i < m)%nat -> x i = q * y i) /\ exists i, (i < m)%nat /\ ~ (p | y i).
Proof.
  intros P (i & I & N). assert (B : exists b : nat, Z.abs (x i) < Z.of_nat b) by (exists (S (Z.to_nat (Z.abs (x i)))); lia).
  destruct B as [b B]. revert x N B. induction b as [| b IH]; intros x N B; [lia |].
  destruct (Forall_Exists_dec (fun i => (p | x i)) (fun i => Zdivide_dec p (x i)) (seq 0 m)) as [A | E].
  - rewrite Forall_forall in A. assert (D : forall i, (i < m)%nat -> x i = p * (x i / p)).
    { intros i' I'. destruct (A i') as [c C]; [apply in_seq; lia |]. rewrite C, Z_div_mult by lia. ring. }
    destruct (IH (fun i => x i / p)) as (q & y & Q & Y & E).
    { intro Z. apply N. rewrite D, Z by exact I. ring. }
    { specialize (D i I). nia. }
    exists (p * q), y. split; [nia |]. split; [| exact E]. intros i' I'. rewrite D, Y by exact I'. ring.
  - exists 1, x. apply Exists_exists in E. destruct E as (i' & I' & E). apply in_seq in I'.
    split; [lia |]. split; [intros; ring |]. exists i'. split; [lia | exact E].
Qed.

(** H: k vectors of length n. *)
Definition independent_modulo (p : Z) (k n : nat) (H : nat -> nat -> Z) : Prop := forall b : nat -> Z,
  (forall j, (j < n)%nat -> (p | total (fun i => b i * H i j) (seq 0 k))) -> forall i, (i < k)%nat -> (p | b i).

(** Row i of those that are chosen. *)
Definition chosen (indices : list nat) (U : list (list Z)) (i : nat) : list Z := nth (nth i indices O) U [].

(** The first r of these rows of length n have a right inverse, up to a factor D. *)
Definition invertible (n : nat) (rows : nat -> list Z) (r : nat) : Prop := exists D C, D <> 0 /\
  forall i l, (i < r)%nat -> (l < r)%nat -> total (fun j => nth j (rows i) 0 * C j l) (seq 0 n) = delta D i l.

Lemma invertible_by_independence (n : nat) (U : list (list Z)) (indices : list nat) : Forall (fun row => length row = n) U ->
  independent (K := rationals) Qeq (selected indices (map (map inject_Z) U)) -> invertible n (chosen indices U) (length indices).
Proof.
  intros W I. set (r := length indices). set (u := chosen indices U).
  destruct (right_inverse n (fun i j => nth j (u i) 0) r) as [(c & (i & Ir & N) & Z) | E]; [exfalso | exact E].
  assert (F : Forall (fun a => (a == 0)%Q) (map (fun i => inject_Z (c i)) (seq 0 r))).
  { apply I.
    - unfold selected. rewrite !map_length, seq_length. reflexivity.
    - intro j. unfold selected. rewrite <- (listed O indices), map_map. fold r.
      set (rows := fun i => nth (nth i indices O) (map (map inject_Z) U) []).
      change (entry (map (fun i => inject_Z (c i)) (seq 0 r)) (map rows (seq 0 r)) j == 0)%Q.
      rewrite (entry_of_integers c (fun i => nth j (u i) 0)).
      + destruct (Nat.lt_ge_cases j n) as [J | J]; [rewrite Z by exact J; reflexivity |].
        rewrite total_zero; [reflexivity |]. intros i' _. rewrite nth_overflow; [ring |]. unfold u, chosen.
        destruct (nth_in_or_default (nth i' indices O) U []) as [K | ->]; [| cbn; lia].
        rewrite Forall_forall in W. rewrite W by exact K. exact J.
      + intros i' _. unfold u, chosen, rows. change (@nil Q) with (map inject_Z []). rewrite (map_nth (map inject_Z)).
        change 0%Q with (inject_Z 0). rewrite (map_nth inject_Z). reflexivity. }
  rewrite Forall_forall in F. apply N, (inject_Z_injective _ 0), F, in_map_iff. exists i. split; [reflexivity | apply in_seq; lia].
Qed.

Lemma kernels_bound (p : Z) (k n : nat) (U : list (list Z)) (indices : list nat) (r : nat) : prime p ->
  (forall N : nat, exists H, independent_modulo p k n H /\
    forall row i, In row U -> (i < k)%nat -> (p ^ Z.of_nat N | total (fun j => nth j row 0 * H i j) (seq 0 n))) ->
  invertible n (chosen indices U) r -> (r + k <= n)%nat.
Proof.
  intros P H (D & C & ND & Z). assert (P1 : 1 < p) by (apply prime_ge_2 in P; lia).
  destruct (Nat.le_gt_cases (r + k) n) as [G | G]; [exact G | exfalso]. set (u := chosen indices U) in *.
  destruct (H (Z.to_nat (Z.abs D))) as (h & J & K). set (M := p ^ Z.of_nat (Z.to_nat (Z.abs D))) in *.
  assert (ML : Z.abs D < M) by (unfold M; rewrite Z2Nat.id by lia; apply Z.pow_gt_lin_r; lia).
  set (V := fun i j => if (i <? r)%nat then C j i else h (i - r)%nat j).
  destruct (integer_relation n (r + k) V G) as (x & X & R).
  destruct (primitive p (r + k) x P1 X) as (q & y & Q & Y & (i & Ii & Ni)).
  assert (E : forall j, (j < n)%nat -> total (fun i => y i * C j i) (seq 0 r) + total (fun i => y (r + i)%nat * h i j) (seq 0 k) = 0).
  { intros j Jn. apply (Z.mul_reg_l _ _ q Q). rewrite Z.mul_0_r, <- (R j Jn), seq_app, total_app, Z.mul_add_distr_l, <- !total_scale.
    f_equal.
    - apply total_equal. intros l L. apply in_seq in L. rewrite Y by lia. unfold V. destruct (Nat.ltb_spec l r); [ring | lia].
    - cbn [Nat.add]. rewrite (total_shift _ r). apply total_equal. intros l L. apply in_seq in L. rewrite Y by lia. unfold V.
      destruct (Nat.ltb_spec (r + l) r); [lia |]. replace (r + l - r)%nat with l by lia. ring. }
  assert (A : forall l, (l < r)%nat -> (p | y l)).
  { intros l L. set (rest := total (fun i => y (r + i)%nat * total (fun j => nth j (u l) 0 * h i j) (seq 0 n)) (seq 0 k)).
    assert (T : D * y l + rest = 0).
    { transitivity (total (fun j => nth j (u l) 0 * (total (fun i => y i * C j i) (seq 0 r) +
        total (fun i => y (r + i)%nat * h i j) (seq 0 k))) (seq 0 n)).
      - symmetry. rewrite (total_equal _ (fun j => nth j (u l) 0 * total (fun i => y i * C j i) (seq 0 r) +
          nth j (u l) 0 * total (fun i => y (r + i)%nat * h i j) (seq 0 k))), total_add by (intros; ring).
        rewrite (total_exchange _ _ (fun i j => C j i)), (total_exchange _ _ h), (total_single _ (seq 0 r) l), Z;
          auto using seq_NoDup.
        + unfold delta, rest. rewrite Nat.eqb_refl. ring.
        + apply in_seq. lia.
        + intros i' I' N'. apply in_seq in I'. rewrite Z by lia. unfold delta. destruct (Nat.eqb_spec l i'); [congruence | ring].
      - apply total_zero. intros j Jn. apply in_seq in Jn. rewrite E by lia. ring. }
    assert (MD : (M | D * y l)).
    { apply (Z.divide_add_cancel_r M rest).
      - apply total_divided. intros i' I'. apply in_seq in I'. apply Z.divide_mul_r.
        destruct (nth_in_or_default (nth l indices O) U []) as [K' | K']; [apply K; [exact K' | lia] |].
        unfold u, chosen. rewrite K', total_zero by (intros [|] _; reflexivity). apply Z.divide_0_r.
      - rewrite Z.add_comm, T. apply Z.divide_0_r. }
    destruct (Zdivide_dec p (y l)) as [B | B]; [exact B | exfalso].
    assert (RP : rel_prime M (y l)).
    { apply rel_prime_sym, rel_prime_Zpower_r; [lia |]. apply rel_prime_sym, prime_rel_prime; assumption. }
    rewrite Z.mul_comm in MD. apply Gauss in MD; [| exact RP]. apply Z.divide_abs_r, Z.divide_pos_le in MD; lia. }
  apply Ni. destruct (Nat.lt_ge_cases i r) as [L | L]; [apply A; exact L |].
  replace i with (r + (i - r))%nat by lia. apply (J (fun l => y (r + l)%nat)); [| lia]. intros j Jn.
  apply (Z.divide_add_cancel_r p (total (fun i => y i * C j i) (seq 0 r))).
  + apply total_divided. intros l I'. apply in_seq in I'. apply Z.divide_mul_l, A. lia.
  + rewrite E by exact Jn. apply Z.divide_0_r.
Qed.

Theorem rank_by_kernels (p : Z) (k n : nat) (U : list (list Z)) : prime p -> Forall (fun row => length row = n) U ->
  (forall N : nat, exists H, independent_modulo p k n H /\
    forall row i, In row U -> (i < k)%nat -> (p ^ Z.of_nat N | total (fun j => nth j row 0 * H i j) (seq 0 n))) ->
  forall r, rank_at_least (K := rationals) Qeq (map (map inject_Z) U) r -> (r + k <= n)%nat.
Proof.
  intros P W H r (indices & <- & I). apply (kernels_bound p k n U indices _ P H), invertible_by_independence; assumption.
Qed.
